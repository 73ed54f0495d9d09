#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/record.hpp"
#include "fairlead/entry.hpp"
#include "fairlead/error.hpp"

/// JSON into members and back, for values whose fields are visited (see flow_fields.hpp). Every number and
/// boolean may also be a text that holds it; a length of time is "90s", "5m", "1h30m", or a number of seconds.
namespace fairlead::catalog {

/// What is allowed for one field.
struct FieldRule {
    std::string path;  ///< its full name, for faults
    std::string_view choices;
    std::int64_t low = 0, high = 0;
};

/// A whole number, also as a text.
std::optional<std::int64_t> number_in(const boost::json::value& value);

void read_field(const boost::json::value& value, const FieldRule& rule, std::vector<Fault>& faults, std::string& text);
void read_field(const boost::json::value& value, const FieldRule& rule, std::vector<Fault>& faults, bool& flag);
void read_field(const boost::json::value& value, const FieldRule& rule, std::vector<Fault>& faults,
                std::int64_t& number);
void read_field(const boost::json::value& value, const FieldRule& rule, std::vector<Fault>& faults,
                std::optional<std::int64_t>& number);
/// A number of bytes; "10M" as parse_size reads it.
void read_field(const boost::json::value& value, const FieldRule& rule, std::vector<Fault>& faults,
                std::optional<std::uint64_t>& size);
void read_field(const boost::json::value& value, const FieldRule& rule, std::vector<Fault>& faults,
                std::chrono::milliseconds& duration);
/// RFC 3339, or a date alone.
void read_field(const boost::json::value& value, const FieldRule& rule, std::vector<Fault>& faults,
                std::optional<Time>& time);
/// A list of texts, or one text.
void read_field(const boost::json::value& value, const FieldRule& rule, std::vector<Fault>& faults,
                std::vector<std::string>& texts);

boost::json::value field_json(const std::string& text);
boost::json::value field_json(bool flag);
boost::json::value field_json(std::int64_t number);
boost::json::value field_json(const std::optional<std::int64_t>& number);
boost::json::value field_json(const std::optional<std::uint64_t>& size);
boost::json::value field_json(std::chrono::milliseconds duration);
boost::json::value field_json(const std::optional<Time>& time);
boost::json::value field_json(const std::vector<std::string>& texts);

/// "1h30m" and the like, so that parse_duration gives exactly the same.
std::string exact_duration(std::chrono::milliseconds duration);

/// Adds a fault for every member that is not among `known`, with a near one as a hint.
void refuse_unknown(const boost::json::object& object, const std::string& prefix,
                    const std::set<std::string, std::less<>>& known, std::vector<Fault>& faults);

/// Adds the members of a stored thing that are no fields of its own: id, project, revision, ...
void add_record(boost::json::object& document, const Record& record);
/// The members of a stored thing that are no fields of its own: id, project, revision, ...
bool is_record_member(std::string_view name) noexcept;

}  // namespace fairlead::catalog

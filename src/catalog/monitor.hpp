#pragma once

#include <boost/json/object.hpp>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/receivers.hpp"
#include "catalog/record.hpp"
#include "catalog/resource.hpp"
#include "fairlead/error.hpp"

namespace fairlead::catalog {

/// A stored watch on a file or directory of a connection. A plain value. What its fields are for stands in
/// monitor_fields.hpp.
struct Monitor {
    Record record;
    std::string name;
    std::string description;
    bool enabled = true;
    std::vector<std::string> tags;

    std::string connection;
    std::string environment;
    std::string path = "/";
    bool recursive = false;
    std::optional<std::int64_t> depth;
    std::vector<std::string> include, exclude;
    std::string regex;
    std::optional<std::uint64_t> min_size, max_size;
    std::chrono::milliseconds min_age{0}, max_age{0};
    std::vector<std::string> changes{"time"};
    bool directories = false;
    std::string first_look = "baseline";

    bool on_demand = false;
    std::chrono::milliseconds interval{std::chrono::seconds(300)};

    std::int64_t settle_looks = 0;
    std::chrono::milliseconds settle_time{0};
    std::string marker;
    std::vector<std::string> unfinished;

    std::string webhook_url;
    std::int64_t webhook_attempts = 20;
    std::optional<std::uint64_t> content_limit;

    std::map<std::string, std::string> sealed;  ///< encrypted secrets: kWebhookSecret

    /// How many levels of the directory are seen.
    unsigned levels() const noexcept;
};

/// One field of a monitor, for help, documentation and descriptions of the API.
struct MonitorField {
    std::string_view name;
    std::string_view help;
    std::string_view choices = "";
    std::int64_t low = 0, high = 0;
};
/// One field as a flag or a schema needs it: "text", "boolean", "number", "size", "duration", "texts".
struct MonitorFieldType {
    MonitorField field;
    std::string_view type;
};
/// In the order of the documentation; the secret one is last.
const std::vector<MonitorFieldType>& monitor_fields();

/// Lays JSON members over a monitor; one set to null gets its default. Wrong types, values out of range and
/// unknown fields are added to `faults`; the record's members and kWebhookSecret are passed over.
Monitor apply(Monitor monitor, const boost::json::object& fields, std::vector<Fault>& faults);

/// Everything that is wrong with it.
std::vector<Fault> validate(const Monitor& monitor);

/// Whether what was seen for `before` says nothing about `after`: another place, or other files.
bool sees_otherwise(const Monitor& before, const Monitor& after);

/// The fields, without the record.
boost::json::object fields_to_json(const Monitor& monitor);
/// The fields and the record (id, project, revision, etag, ...), and `secretsSet`.
boost::json::object to_json(const Monitor& monitor);

Resource resource_of(const Monitor& monitor);
/// Throws Error{internal} for a damaged one.
Monitor monitor_of(const Resource& resource);

}  // namespace fairlead::catalog

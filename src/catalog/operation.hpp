#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/operation_filter.hpp"
#include "catalog/record.hpp"
#include "catalog/retry.hpp"
#include "fairlead/error.hpp"

namespace fairlead::catalog {

/// What an operation does.
enum class Action { create, get, query, list, remove, upsert, move };
/// "create", "get", "query", "list", "delete", "upsert", "move".
std::string_view to_string(Action action) noexcept;

/// Whether it takes documents in that have content.
bool takes_content(Action action) noexcept;
/// Whether it works once for each document (create, upsert, get, delete, move) or on a directory (query, list).
bool works_per_document(Action action) noexcept;
/// Whether it gives the content of files.
bool gives_content(Action action) noexcept;

/// A named, reusable action on a connection, as it is stored. A plain value. What its fields are for stands
/// in `operation_fields`.
struct Operation {
    Record record;
    std::string name;
    std::string description;
    bool enabled = true;
    std::vector<std::string> tags;

    Action action = Action::list;
    std::string connection;
    std::string remote_directory;
    std::string file_name;
    std::string target_directory;
    std::string target_name;
    std::string staging_directory;
    std::string temporary_extension;
    std::string if_exists;        ///< as transfer::parse_if_exists reads it; empty: the action's own
    bool text = false;            ///< transferFormat is ascii
    bool include_all_metadata = false;
    bool delete_after = false;
    std::string move_after;
    bool fail_if_unable_to_delete = false;
    std::int64_t maximum_count = -1;
    bool follow_links = false;
    bool recursive = false;
    std::optional<FilterNode> filter;
    std::string sort;             ///< empty: as the server lists
    bool create_directories = false;
    std::optional<bool> strict;
    bool checksum = false;
    bool preserve = false;
    std::optional<std::uint32_t> retries;
    Retry retry;
    std::string notify_webhook;  ///< who is told of runs that failed
    std::vector<std::string> notify_email;

    std::map<std::string, std::string> sealed;  ///< encrypted secrets: kWebhookSecret

    /// What happens to an existing target: `if_exists`, else overwrite for upsert and fail for the others.
    std::string_view existing_policy() const noexcept;
};

/// One field of an operation, for help, documentation and descriptions of the API.
struct OperationField {
    std::string_view name;
    std::string_view type;     ///< "text", "boolean", "number", "filter", "texts"
    std::string_view actions;  ///< for which: words with a space between; empty: all
    std::string_view help;
};
/// In the order of the documentation.
const std::vector<OperationField>& operation_fields();

/// Lays JSON members over an operation; one set to null gets its default. Wrong types, values out of range and
/// unknown fields are added to `faults`; what a record holds beside its fields is ignored. Every number and
/// boolean may also be a text that holds it.
Operation apply(Operation operation, const boost::json::object& fields, std::vector<Fault>& faults);

/// Every field that has no meaning for the action, or does not go together with another.
std::vector<Fault> validate(const Operation& operation);

/// The fields, without the record.
boost::json::object fields_to_json(const Operation& operation);
/// The fields and the record (id, project, revision, etag, ...).
boost::json::object to_json(const Operation& operation);

/// What comes with a document, and what an execution is given beside: values by name. Names are understood
/// without regard to case, spaces and signs between words: "File Name" is fileName.
class Properties {
  public:
    Properties() = default;
    Properties(std::initializer_list<std::pair<std::string, std::string>> values);

    void set(std::string_view name, std::string value);
    /// As it was given; nothing for one that is absent or blank.
    std::optional<std::string> find(std::string_view name) const;
    /// Whether it was given, blank or not.
    bool has(std::string_view name) const;
    /// Those that are not blank, by plain name.
    std::map<std::string, std::string> all() const;
    bool empty() const noexcept { return values_.empty(); }
    boost::json::object to_json() const;

  private:
    std::map<std::string, std::pair<std::string, std::string>> values_;  // by key: name as given, value
};

/// The operation as it is for one document: its properties that are not blank win over the fields of the same
/// name. Connection, action and filter cannot be changed so. Throws Error{invalid_argument} with every fault.
Operation with_properties(const Operation& operation, const Properties& properties);

/// Where on the server an operation with its properties leads. See docs/operations.md for the precedence.
struct RemoteTarget {
    std::string directory;  ///< absolute below the working directory
    std::string name;       ///< without directories; empty where the action needs none
    std::string path() const;
};
/// The directory part of an absolute `fileName` is the directory; that of a relative one is added to the
/// remote directory, which is below the working directory. Throws Error{invalid_argument} for a blank name
/// where the action needs one, a name that ends in "..", and line breaks; Error{outside_working_directory}.
RemoteTarget remote_target(const Operation& operation);
/// Where `move` takes it: another directory, another name, or both.
RemoteTarget move_target(const Operation& operation);
/// The staging directory, absolute below the working directory; empty for none, and where what is there is
/// appended to.
std::string staging_of(const Operation& operation);
/// The temporary extension without its dot; likewise.
std::string temporary_extension_of(const Operation& operation);

}  // namespace fairlead::catalog

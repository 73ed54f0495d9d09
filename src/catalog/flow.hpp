#pragma once

#include <boost/json/object.hpp>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/record.hpp"
#include "catalog/retry.hpp"
#include "catalog/schedule.hpp"
#include "fairlead/error.hpp"

namespace fairlead::catalog {

/// Where a flow takes files from, which of them, and what becomes of them afterwards.
struct FlowSource {
    std::string connection;  ///< empty: a folder of this machine
    std::string path = "/";  ///< below the working directory; of this machine: absolute
    std::vector<std::string> patterns, exclude;
    bool recursive = false;
    std::optional<std::uint64_t> min_size, max_size;
    std::chrono::milliseconds settle{0};  ///< how long a file must have been the same
    std::string marker;                   ///< a template: the file that says that another one is complete
    bool content_hash = false;            ///< content, too, tells versions apart
    std::string afterwards = "keep";      ///< keep, delete, move, rename
    std::string move_to;                  ///< a template: the directory for move
    std::string rename_to;                ///< a template: the name for rename
    std::string quarantine;               ///< the directory for what cannot be delivered; empty: it stays
};

/// One place that a flow delivers to.
struct FlowTarget {
    std::string name;  ///< what the ledger knows it by; unique in the flow
    std::string connection;  ///< empty: a folder of this machine
    std::string path = "/";  ///< a template; ending in "/": a directory, in which the file keeps its name
    std::string if_exists = "overwrite";  ///< as transfer::parse_if_exists reads it
    std::string staging_directory, temporary_extension;
    bool checksum = false, preserve = false, create_directories = true;
};

/// Something that is done to each file between source and targets.
struct FlowStep {
    std::string action = "gzip";  ///< gzip, gunzip, zstd, unzstd, zip, unzip, encrypt, decrypt, rename, checksum, marker
    std::string name;             ///< a template: of rename, checksum, marker
    std::int64_t level = 0;       ///< of compression; 0: the usual
    std::vector<std::string> recipients;  ///< of encrypt: whose keys
    bool armor = false;                   ///< of encrypt: as text
};

/// Bounds of one run.
struct FlowLimits {
    std::int64_t parallel = 1;             ///< files under way at once
    std::optional<std::uint64_t> files, bytes;  ///< begun in one run; what is left waits for the next
    std::chrono::milliseconds duration{0};  ///< 0: none
};

/// How patiently a file is tried.
struct FlowRetry : Retry {
    std::optional<std::int64_t> attempts;  ///< within a run; absent: as the connections say
    std::int64_t give_up_after = 0;  ///< runs in which one file failed, before it is let alone; 0: never
};

/// What makes it run beside its schedule.
struct FlowTriggers {
    std::vector<std::string> after;           ///< flows of the project, whose end starts it
    std::string after_state = "succeeded";    ///< of those runs: succeeded, ended
    std::string monitor;                      ///< of the project, whose events start it; empty: none
};

/// That files like these come in time.
struct FlowExpectation {
    std::string name;
    std::vector<std::string> patterns;
    std::string by;              ///< "06:00", or a cron expression: the deadlines
    std::int64_t files = 1;      ///< at least, since the deadline before
    std::optional<std::uint64_t> bytes;
    std::chrono::milliseconds warn{0};  ///< so long before
};
/// The cron expression of a deadline.
std::string deadline_cron(const std::string& by);

/// Who is told.
struct FlowNotify {
    std::string webhook;             ///< http or https
    std::vector<std::string> email;  ///< addresses
};

/// Sources to targets, as it is stored. A plain value. What its fields are for stands in `flow_fields`.
struct Flow {
    Record record;
    std::string name;
    std::string description;
    bool enabled = true;
    std::vector<std::string> tags;
    FlowSource source;
    std::vector<FlowStep> steps;
    bool read_once = true;  ///< one reading of the source for all targets, at the pace of the slowest
    std::vector<FlowTarget> targets;
    FlowLimits limits;
    FlowRetry retry;
    std::string zone = "UTC";  ///< of the dates in templates and of the schedule
    std::string environment;   ///< in which `${name}` is looked up when it runs by itself; empty: none
    std::optional<Schedule> schedule;
    FlowTriggers triggers;
    std::vector<FlowExpectation> expectations;
    bool unique_content = false;  ///< tell of files whose content was delivered before
    FlowNotify notify;

    std::map<std::string, std::string> sealed;  ///< encrypted secrets: kWebhookSecret
};

/// One field, for help, documentation and descriptions of the API: "source.path", "targets[].ifExists".
struct FlowField {
    std::string_view name;
    std::string_view help;
    std::string_view choices = {};  ///< words with a space between; empty: anything
    std::int64_t low = 0, high = 1'000'000;
};
/// With their full names, in the order of the documentation.
std::vector<std::pair<std::string, std::string>> flow_fields();

/// Lays JSON members over a flow; one set to null gets its default; objects are laid over each other, lists are
/// replaced. Wrong types, values out of range and unknown fields are added to `faults`; what a record holds
/// beside its fields is ignored.
Flow apply(Flow flow, const boost::json::object& fields, std::vector<Fault>& faults);

/// Everything that is missing or does not go together, each by its full name.
std::vector<Fault> validate(const Flow& flow);

/// The fields, without the record.
boost::json::object fields_to_json(const Flow& flow);
/// The fields and the record (id, project, revision, etag, ...).
boost::json::object to_json(const Flow& flow);

}  // namespace fairlead::catalog

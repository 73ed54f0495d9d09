#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fairlead/entry.hpp"
#include "fairlead/error.hpp"

/// One execution of an operation, a flow or an ad-hoc transfer, as it is recorded.
namespace fairlead::catalog {

/// `paused`: waits like a queued one, but until somebody resumes it.
enum class RunState { queued, paused, running, succeeded, failed, partial, cancelled };
std::string_view to_string(RunState state) noexcept;
/// Throws Error{invalid_argument} naming the choices.
RunState parse_run_state(std::string_view word);
bool has_ended(RunState state) noexcept;

/// Who works on a run, and how long nobody else may. Whoever takes a run over raises `fence`: what the one
/// before still wants to write is refused.
struct RunLease {
    std::string owner;  ///< "host/boot/pid/start": which process on which machine
    Time until{};       ///< it must be renewed before
    std::int64_t fence = 0;
};

struct Run {
    std::string id;
    std::string project = "default";
    std::string kind = "operation";  ///< operation, flow or transfer
    std::string subject;             ///< the name of what runs
    std::string action;              ///< of an operation: create, get, ...
    std::string connection;          ///< of an operation: where to
    std::string environment;
    std::string node;  ///< the only one that can execute it, because its files lie there; empty: any
    std::string trigger = "manual";  ///< manual, api, schedule, monitor, flow
    RunState state = RunState::queued;
    std::int64_t priority = 0;  ///< the higher the sooner
    std::int64_t attempt = 0;   ///< how often it was begun
    Time created_at{};
    std::optional<Time> due_at;  ///< not before
    std::optional<Time> started_at, finished_at;
    std::uint64_t bytes = 0;
    std::uint64_t files = 0, succeeded = 0, failed = 0, skipped = 0;  ///< files: all of them so far
    std::optional<Error> error;
    std::string by;
    std::string retry_of;         ///< the run that this one repeats
    bool cancel_requested = false;
    bool pause_requested = false;  ///< of one that is running: it stops where it can go on, and is paused then
    boost::json::object request;  ///< all that is needed to run it again, without secrets
    RunLease lease;
};

/// One file (or document) of a run.
struct RunFile {
    std::int64_t number = 0;  ///< in its run, from 0 on
    std::string source, target;
    std::string outcome;  ///< transferred, appended, skipped, removed, moved, listed, absent, failed
    std::uint64_t bytes = 0, resumed = 0;
    std::string proof, checksum;
    std::int64_t attempts = 1;
    std::optional<Error> error;
    std::optional<Time> started_at, finished_at;
    boost::json::object properties;
    std::vector<std::string> warnings;
    boost::json::array history;  ///< its last attempts, each an object: attempt, startedAt, finishedAt, bytes, node, source, target, steps, error
    std::string local;  ///< of one whose content came here: its path below the output folder; not stored

    bool ok() const noexcept { return !error; }
};

/// Something that happened to a run, in the order of its number.
struct RunEvent {
    std::int64_t number = 0;  ///< of the store, never used twice
    std::string run, project;
    Time at{};
    std::string type;  ///< run.queued, run.started, run.file, run.progress, run.interrupted, run.pausing, run.paused, run.resumed, run.cancelling, run.finished
    boost::json::object data;
};

/// Whether another process can go on with it (member "resumable" of its request).
bool is_resumable(const Run& run) noexcept;
/// Whether its conversations with servers are kept (member "trace").
bool is_traced(const Run& run) noexcept;

boost::json::object to_json(const Run& run);
boost::json::object to_json(const RunFile& file);
boost::json::object to_json(const RunEvent& event);

/// What to_json of base/error_json gave, read back; a code that is not known is internal.
Error error_from_json(const boost::json::object& document);

}  // namespace fairlead::catalog

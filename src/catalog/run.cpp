#include "catalog/run.hpp"

#include <fmt/format.h>

#include <boost/json/array.hpp>

#include "base/error_json.hpp"
#include "base/utf8.hpp"

namespace fairlead::catalog {
namespace {

namespace json = boost::json;

constexpr RunState kStates[]{RunState::queued, RunState::paused,  RunState::running,  RunState::succeeded,
                             RunState::failed, RunState::partial, RunState::cancelled};

json::value time_or_null(const std::optional<Time>& time) {
    return time ? json::value(to_rfc3339(*time)) : json::value();
}
json::value error_or_null(const std::optional<Error>& error) {
    return error ? json::value(fairlead::to_json(*error)) : json::value();
}
json::value text_or_null(const std::string& text) {
    return text.empty() ? json::value() : json::value(to_valid_utf8(text));
}
std::string text_of(const json::object& object, std::string_view member) {
    const auto* value = object.if_contains(member);
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

bool has_flag(const Run& run, std::string_view name) noexcept {
    const auto* flag = run.request.if_contains(name);
    return flag != nullptr && flag->is_bool() && flag->get_bool();
}

}  // namespace

std::string_view to_string(RunState state) noexcept {
    switch (state) {
        case RunState::queued:
            return "queued";
        case RunState::paused:
            return "paused";
        case RunState::running:
            return "running";
        case RunState::succeeded:
            return "succeeded";
        case RunState::failed:
            return "failed";
        case RunState::partial:
            return "partial";
        case RunState::cancelled:
            return "cancelled";
    }
    return "failed";
}

RunState parse_run_state(std::string_view word) {
    for (const auto state : kStates)
        if (word == to_string(state)) return state;
    Error error(ErrorCode::invalid_argument, fmt::format("'{}' is no state of a run.", word));
    error.faults.push_back({"state", std::string(word),
                            "must be queued, paused, running, succeeded, failed, partial or cancelled"});
    throw error;
}

bool has_ended(RunState state) noexcept {
    return state != RunState::queued && state != RunState::paused && state != RunState::running;
}

bool is_resumable(const Run& run) noexcept {
    return has_flag(run, "resumable");
}

bool is_traced(const Run& run) noexcept {
    return has_flag(run, "trace");
}

json::object to_json(const Run& run) {
    json::object document;
    document["id"] = run.id;
    document["project"] = run.project;
    document["kind"] = run.kind;
    document["subject"] = run.subject;
    document["action"] = text_or_null(run.action);
    document["connection"] = text_or_null(run.connection);
    document["environment"] = text_or_null(run.environment);
    document["trigger"] = run.trigger;
    document["state"] = to_string(run.state);
    document["priority"] = run.priority;
    document["attempt"] = run.attempt;
    document["createdAt"] = to_rfc3339(run.created_at);
    document["dueAt"] = time_or_null(run.due_at);
    document["startedAt"] = time_or_null(run.started_at);
    document["finishedAt"] = time_or_null(run.finished_at);
    document["bytes"] = run.bytes;
    document["files"] = run.files;
    document["succeeded"] = run.succeeded;
    document["failed"] = run.failed;
    document["skipped"] = run.skipped;
    document["error"] = error_or_null(run.error);
    document["by"] = run.by;
    document["retryOf"] = text_or_null(run.retry_of);
    document["cancelRequested"] = run.cancel_requested;
    document["pauseRequested"] = run.pause_requested;
    document["traced"] = is_traced(run);
    // host/boot/process/start: which machine, not more.
    document["worker"] = text_or_null(run.lease.owner.substr(0, run.lease.owner.find('/')));
    return document;
}

json::object to_json(const RunFile& file) {
    json::object document;
    document["number"] = file.number;
    document["ok"] = file.ok();
    document["outcome"] = file.outcome;
    document["source"] = text_or_null(file.source);
    document["target"] = text_or_null(file.target);
    document["bytes"] = file.bytes;
    document["resumed"] = file.resumed;
    document["proof"] = text_or_null(file.proof);
    document["checksum"] = text_or_null(file.checksum);
    document["attempts"] = file.attempts;
    document["startedAt"] = time_or_null(file.started_at);
    document["finishedAt"] = time_or_null(file.finished_at);
    document["properties"] = file.properties;
    document["warnings"] = json::array(file.warnings.begin(), file.warnings.end());
    document["error"] = error_or_null(file.error);
    // The first that is there tells how many are not any more.
    const auto* first = file.history.empty() ? nullptr : file.history.front().if_object();
    const auto* number = first != nullptr ? first->if_contains("attempt") : nullptr;
    document["history"] = file.history;
    document["attemptsDropped"] = number != nullptr && number->is_int64() ? number->get_int64() - 1 : 0;
    return document;
}

json::object to_json(const RunEvent& event) {
    json::object document;
    document["id"] = event.number;
    document["type"] = event.type;
    document["run"] = event.run;
    document["project"] = event.project;
    document["at"] = to_rfc3339(event.at);
    document["data"] = event.data;
    return document;
}

Error error_from_json(const json::object& document) {
    const auto word = text_of(document, "code");
    auto code = ErrorCode::internal;
    for (int i = 0; i <= static_cast<int>(ErrorCode::internal); ++i)
        if (to_string(static_cast<ErrorCode>(i)) == word) code = static_cast<ErrorCode>(i);
    Error error(code, text_of(document, "message"));
    error.server_reply = text_of(document, "serverReply");
    error.path = text_of(document, "path");
    error.step = text_of(document, "step");
    error.hint = text_of(document, "hint");
    if (const auto* retry = document.if_contains("retryable"); retry != nullptr && retry->is_bool())
        error.retry = retry->get_bool();
    if (const auto* faults = document.if_contains("faults"); faults != nullptr && faults->is_array())
        for (const auto& fault : faults->get_array())
            if (const auto* object = fault.if_object())
                error.faults.push_back(
                    {text_of(*object, "field"), text_of(*object, "value"), text_of(*object, "problem")});
    return error;
}

}  // namespace fairlead::catalog

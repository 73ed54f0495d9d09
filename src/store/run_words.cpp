#include "store/run_words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "base/error_json.hpp"

namespace fairlead::store {

using catalog::Run;
using catalog::RunState;

namespace {

constexpr std::chrono::hours kSpare{24};
constexpr const char* kLease = "lease";  // the step at which it turns out

std::string id_at(Time time) {
    const auto number = std::max<std::int64_t>(time.time_since_epoch().count(), 0);
    const auto digits = fmt::format("{:012x}", number & 0xffffffffffff);
    return digits.substr(0, 8) + "-" + digits.substr(8);
}

}  // namespace

boost::json::object file_event(const catalog::RunFile& file) {
    auto data = catalog::to_json(file);
    data.erase("history");
    data.erase("attemptsDropped");
    return data;
}

boost::json::object end_of(const Run& run) {
    boost::json::object data;
    data["state"] = catalog::to_string(run.state);
    data["bytes"] = run.bytes;
    data["files"] = run.files;
    data["succeeded"] = run.succeeded;
    data["failed"] = run.failed;
    data["skipped"] = run.skipped;
    if (run.error) data["error"] = fairlead::to_json(*run.error);
    return data;
}

Error no_such_run(std::string_view id) {
    return Error(ErrorCode::not_found, fmt::format("There is no run '{}'.", id))
        .hinting("runs are forgotten after a while; 'run list' shows those that are there");
}

Error not_ours(std::string_view id) {
    return Error(ErrorCode::conflict,
                 fmt::format("The run '{}' is not ours any more: its lease ran out and it was taken over.", id))
        .at(kLease);
}

bool is_not_ours(const Error& error) noexcept {
    return error.code == ErrorCode::conflict && error.step == kLease;
}

void require_not_ended(const Run& run) {
    if (!catalog::has_ended(run.state)) return;
    throw Error(ErrorCode::conflict,
                fmt::format("The run '{}' has ended already: it is {}.", run.id, catalog::to_string(run.state)));
}

void require_paused(const Run& run) {
    require_not_ended(run);
    if (run.state == RunState::paused || run.pause_requested) return;
    throw Error(ErrorCode::conflict,
                fmt::format("The run '{}' is not paused: it is {}.", run.id, catalog::to_string(run.state)));
}

std::string first_id(Time since) {
    return id_at(since - kSpare);
}

std::string last_id(Time until) {
    return id_at(until + kSpare);
}

std::string is_in(RunState state) {
    switch (state) {
        case RunState::queued:
            return "(state = 'queued' AND paused = FALSE)";
        case RunState::paused:
            return "(state = 'queued' AND paused = TRUE)";
        default:
            return fmt::format("(state = '{}')", catalog::to_string(state));
    }
}

std::string is_in_any(const std::vector<RunState>& states) {
    std::string any;
    for (const auto state : states)
        any += (any.empty() ? "" : " OR ") + is_in(state);
    return "(" + any + ")";
}

}  // namespace fairlead::store

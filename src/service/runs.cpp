#include "service/runs.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <filesystem>

#include "base/process_identity.hpp"
#include "catalog/record.hpp"
#include "service/held_run.hpp"
#include "service/workspace.hpp"
#include "store/store.hpp"

namespace fairlead::service {
namespace {

using catalog::Run;
using catalog::RunState;

Time now() {
    return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

bool is_abandoned(const Run& run, Time at) {
    switch (liveness_of(run.lease.owner)) {
        case Liveness::dead:
            return true;
        case Liveness::alive:  // a process that was stopped may wake up: then its fence is an old one
        case Liveness::unknown:
            return run.lease.until < at;
    }
    return false;
}

}  // namespace

std::string node_of(const Workspace& workspace) {
    std::array<char, 256> host{};
    ::gethostname(host.data(), host.size() - 1);
    std::error_code ignored;
    const auto directory = std::filesystem::weakly_canonical(workspace.directory(), ignored);
    return fmt::format("{}:{}", host.data(), ignored ? workspace.directory() : directory.string());
}

store::RunStore& Runs::store() {
    return workspace_.store().runs();
}

std::string Runs::folder(std::string_view id) const {
    return folder(workspace_.directory(), id);
}

std::string Runs::folder(const std::string& data_directory, std::string_view id) {
    return fmt::format("{}/runs/{}", data_directory, id);
}

std::string Runs::node() const {
    return node_of(workspace_);
}

Run Runs::draft(std::string project) {
    Run run;
    run.id = catalog::make_id();
    run.project = std::move(project);
    run.by = workspace_.actor().name;
    run.created_at = now();
    return run;
}

Run Runs::begin(Run run) {
    run.state = RunState::running;
    run.attempt = 1;
    run.started_at = run.created_at;
    run.lease = {process_identity(), now() + kLease, 1};
    store().insert(run);
    return run;
}

Run Runs::enqueue(Run run) {
    run.state = RunState::queued;
    store().insert(run);
    return run;
}

Run Runs::get(std::string_view id) {
    if (auto run = store().find(id)) return *run;
    throw Error(ErrorCode::not_found, fmt::format("There is no run '{}'.", id))
        .hinting("runs are forgotten after a while; 'run list' shows those that are there");
}

Run Runs::cancel(std::string_view id) {
    return store().request_cancel(id, now());
}

Run Runs::pause(std::string_view id) {
    const auto run = get(id);
    if (run.state == RunState::running && !catalog::is_resumable(run))
        throw Error(ErrorCode::conflict,
                    fmt::format("The run '{}' cannot be paused: a command executes it, not a daemon.", id))
            .hinting(fmt::format("'run cancel {0}' stops it, and 'run retry {0}' does what is left of it", id));
    return store().request_pause(id, now());
}

Run Runs::resume(std::string_view id) {
    return store().resume(id, now());
}

Run Runs::retry_of(std::string_view id, bool all) {
    const auto before = get(id);
    if (!catalog::has_ended(before.state))
        throw Error(ErrorCode::conflict,
                    fmt::format("The run '{}' is {}; only one that has ended can be retried.", id,
                                catalog::to_string(before.state)));
    if (all && before.kind == "flow")
        throw Error(ErrorCode::invalid_argument, "A flow delivers each version of a file once, also when it is run again.")
            .hinting("'flow reset' makes it forget which files it has delivered");
    if (before.state == RunState::succeeded && !all)
        throw Error(ErrorCode::conflict, fmt::format("Nothing of the run '{}' failed.", id))
            .hinting("with --all (?all=true) all of it is repeated");
    auto run = draft(before.project);
    run.kind = before.kind;
    run.subject = before.subject;
    run.action = before.action;
    run.connection = before.connection;
    run.environment = before.environment;
    run.node = before.node;
    run.request = before.request;
    if (!all) run.retry_of = before.id;  // what it did is not done again
    // What comes out goes to the new run's folder, if it went to the old one's.
    auto* output = run.request.if_contains("output");
    auto* where = output != nullptr && output->is_object() ? output->get_object().if_contains("folder") : nullptr;
    if (where != nullptr && where->is_string() && where->get_string() == folder(before.id) + "/out")
        *where = folder(run.id) + "/out";
    return run;
}

unsigned Runs::recover() {
    unsigned found = 0;
    const auto at = now();
    for (const auto& run : store().running()) {
        if (!is_abandoned(run, at)) continue;
        ++found;
        constexpr std::string_view kReason = "The process that ran it ended before the run did.";
        if (catalog::is_resumable(run) && !run.cancel_requested) {
            store().requeue(run.id, run.lease.fence, at, kReason);
            continue;
        }
        Error error(run.cancel_requested ? ErrorCode::cancelled : ErrorCode::incomplete, std::string(kReason));
        if (!run.cancel_requested)
            error.hint = fmt::format("'run retry {}' does what is left of it, and goes on with files that broke off",
                                     run.id);
        try {
            store().finish(run.id, run.lease.fence,
                           run.cancel_requested ? RunState::cancelled : RunState::failed, error, at);
        } catch (const Error& late) {
            if (late.code != ErrorCode::conflict) throw;  // somebody else found it too
        }
    }
    return found;
}

std::vector<Run> Runs::wished_for() {
    auto running = store().running();
    std::erase_if(running, [](const Run& run) { return !run.cancel_requested && !run.pause_requested; });
    return running;
}

std::size_t Runs::forget_documents(std::chrono::milliseconds keep) {
    namespace fs = std::filesystem;
    std::size_t removed = 0;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(folder(""), ignored)) {
        const auto age = fs::file_time_type::clock::now() - entry.last_write_time(ignored);
        if (age < keep) continue;
        const auto run = store().find(entry.path().filename().string());
        const bool useless = !run || (run->state == RunState::succeeded && *run->finished_at < now() - keep);
        if (useless && fs::remove_all(entry.path(), ignored) > 0) ++removed;
    }
    return removed;
}

std::size_t Runs::forget(const store::Retention& retention) {
    std::size_t count = 0;
    for (bool more = true; more;) {
        const auto forgotten = store().forget(retention, now());
        for (const auto& id : forgotten.ids) {
            std::error_code ignored;
            std::filesystem::remove_all(folder(id), ignored);
        }
        count += forgotten.ids.size();
        more = forgotten.more;
    }
    return count;
}

}  // namespace fairlead::service

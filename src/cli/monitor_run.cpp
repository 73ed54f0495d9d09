// monitor run

#include <fmt/format.h>

#include "base/error_json.hpp"
#include "base/process_identity.hpp"
#include "base/utf8.hpp"
#include "cli/monitor.hpp"
#include "cli/thing_verbs.hpp"
#include "cli/store_option.hpp"
#include "monitor/stored_look.hpp"
#include "service/engine.hpp"
#include "service/monitors.hpp"
#include "service/stamp.hpp"
#include "service/workspace.hpp"
#include "service/workspace_pool.hpp"

namespace fairlead::cli {
namespace {

constexpr int kSomeFailed = 10;

void run(Context& context, const std::string& name) {
    const auto stored = service::Monitors(context.workspace()).get(context.options.project, name);
    service::WorkspacePool workspaces(context.options.data, chosen_store(), 2);
    service::Engine engine({});
    monitor::LookSettings settings;
    settings.now = service::now;
    settings.owner = process_identity();
    settings.lease = std::chrono::minutes(10);  // no one renews it; when this process dies, that is seen
    settings.next = [&](std::size_t, const monitor::LookResult&) { return service::now() + stored.interval; };
    auto looks = context.run(
        monitor::look_for(workspaces, engine, {stored.record.id}, std::move(settings), /*disabled_too=*/true));
    if (looks.empty()) throw Error(ErrorCode::not_found, fmt::format("The monitor '{}' is not there any more.", name));
    const auto& result = looks.front().result;
    if (result.failure) throw Error(*result.failure);
    if (result.look == 0)
        throw Error(ErrorCode::conflict, fmt::format("Another process is looking for the monitor '{}'.", stored.name))
            .hinting("try again when it is done");
    if (context.options.json) {
        context.json({{"look", result.look},
                      {"seen", result.seen},
                      {"events", result.events},
                      {"waiting", result.waiting},
                      {"missing", result.missing},
                      {"complete", result.complete()}});
    } else {
        context.print(fmt::format("{} entries, {} events, {} waiting", result.seen, result.events, result.waiting));
        if (result.missing) context.note("There is nothing at the path.");
    }
    for (const auto& [path, why] : result.why)
        context.verbose(1, fmt::format("{} waits: {}", to_printable(path), why));
    for (const auto& problem : result.problems)
        context.warn(fmt::format("{}: {}", to_printable(problem.path), to_printable(problem.message)));
    if (!result.problems.empty()) context.exit_status = kSomeFailed;
}

}  // namespace

void add_monitor_run(CLI::App& monitor, Context& context) {
    auto name = std::make_shared<std::string>();
    auto* verb = monitor.add_subcommand("run", "Look once now, whether it is due or not, and also if it is disabled");
    add_thing_name(*verb, catalog::Kind::monitor, *name);
    verb->callback([name, &context] { run(context, *name); });
}

}  // namespace fairlead::cli

#include "service/reach.hpp"

#include <boost/asio/co_spawn.hpp>

#include "net/rate_limit.hpp"
#include "service/connections.hpp"
#include "service/engine.hpp"
#include "service/workspace.hpp"
#include "service/workspace_pool.hpp"

namespace fairlead::service {

namespace {

Target look_up(Workspace& workspace, const std::string& project, const std::string& name,
               const std::string& environment) {
    workspace.use_environment(environment);
    auto& connections = workspace.connections();
    const auto connection = connections.get(project, name);
    Target target;
    target.key = connection.record.id;
    if (!environment.empty()) target.key += " " + environment;
    target.endpoint = connections.endpoint(project, name, {});
    if (!connection.bandwidth_limit.empty())
        target.limit =
            net::RateLimit::shared(connection.record.id, RateSchedule::parse(connection.bandwidth_limit));
    return target;
}

}  // namespace

awaitable<Target> reach(WorkspacePool& workspaces, Engine& engine, std::string project, std::string name,
                        std::string environment) {
    const auto look = [=](Workspace& workspace) { return look_up(workspace, project, name, environment); };
    const Actor actor{"daemon", "daemon"};
    auto target = co_await workspaces.run(actor, look);
    const auto executor = engine.thread_of(server_of(target.endpoint)).executor;
    target.accepted_host_key = [&workspaces, executor, actor, project, name](const std::string& fingerprint) {
        std::function<void(Workspace&)> record = [=](Workspace& workspace) {
            workspace.connections().record_host_key(project, name, fingerprint);
        };
        // Whether it can be recorded makes no difference to the session that is open.
        boost::asio::co_spawn(executor, workspaces.run(actor, std::move(record)), [](std::exception_ptr) {});
    };
    target.again = [&workspaces, actor, look]() -> awaitable<Endpoint> {
        auto now = co_await workspaces.run(actor, look);
        co_return std::move(now.endpoint);
    };
    co_return target;
}

}  // namespace fairlead::service

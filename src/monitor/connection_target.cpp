#include "monitor/connection_target.hpp"

#include <boost/asio/co_spawn.hpp>

#include "service/connections.hpp"
#include "service/engine.hpp"
#include "service/workspace.hpp"
#include "service/workspace_pool.hpp"

namespace fairlead::monitor {

using service::Workspace;

service::Actor as_daemon() {
    return {"fairlead", "daemon"};
}

service::Target target_of(Workspace& workspace, const catalog::Monitor& monitor) {
    const auto& project = monitor.record.project;
    workspace.use_environment(monitor.environment);
    auto& connections = workspace.connections();
    const auto connection = connections.get(project, monitor.connection);
    service::Target target;
    target.key = connection.record.id;
    if (!monitor.environment.empty()) target.key += "/" + monitor.environment;
    target.endpoint = connections.endpoint(project, monitor.connection, {});
    return target;
}

std::function<void(const std::string&)> key_recorder(service::WorkspacePool& workspaces, service::Engine& engine,
                                                     const std::string& server, const catalog::Monitor& monitor) {
    const auto executor = engine.thread_of(server).executor;
    return [&workspaces, executor, project = monitor.record.project,
            name = monitor.connection](const std::string& fingerprint) {
        std::function<void(Workspace&)> record = [=](Workspace& workspace) {
            workspace.connections().record_host_key(project, name, fingerprint);
        };
        // Whether it can be recorded makes no difference to the session that is open.
        boost::asio::co_spawn(executor, workspaces.run(as_daemon(), std::move(record)), [](std::exception_ptr) {});
    };
}

}  // namespace fairlead::monitor

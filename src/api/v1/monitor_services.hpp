#pragma once

#include <vector>

#include "catalog/monitor.hpp"
#include "http/router.hpp"

namespace fairlead::service {
class Engine;
class Workspace;
class WorkspacePool;
}  // namespace fairlead::service
namespace fairlead::monitor {
class Deliverer;
class Scheduler;
}  // namespace fairlead::monitor

namespace fairlead::api {

/// What the routes of monitors work with.
struct MonitorServices {
    service::WorkspacePool& workspaces;
    service::Engine& engine;
    monitor::Scheduler& scheduler;
    monitor::Deliverer& deliverer;
};

/// What noun_routes adds.
std::vector<http::Route> monitor_routes(MonitorServices& services);
/// Run, reset, state, files.
std::vector<http::Route> monitor_action_routes(MonitorServices& services);
/// Events, as pages and as they come.
std::vector<http::Route> monitor_event_routes(MonitorServices& services);
/// Alerts and dead letters of monitors, flows and operations.
std::vector<http::Route> letter_routes(MonitorServices& services);

/// The monitor that the path names; `own`: only one of the project itself, which can be changed.
catalog::Monitor monitor_in(service::Workspace& workspace, const http::Request& request, bool own);

}  // namespace fairlead::api

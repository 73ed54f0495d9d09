#pragma once

#include "catalog/monitor.hpp"
#include "service/target.hpp"

namespace fairlead::service {
class Engine;
class Workspace;
class WorkspacePool;
struct Actor;
}  // namespace fairlead::service

namespace fairlead::monitor {

/// Who looks and delivers.
service::Actor as_daemon();

/// The server of a monitor as it can be reached now. Throws what resolving the connection throws: not_found, disabled,
/// invalid_argument for variables.
service::Target target_of(service::Workspace& workspace, const catalog::Monitor& monitor);

/// Records a host key that is accepted on first use on the monitor's connection.
std::function<void(const std::string& fingerprint)> key_recorder(service::WorkspacePool& workspaces,
                                                                 service::Engine& engine, const std::string& server,
                                                                 const catalog::Monitor& monitor);

}  // namespace fairlead::monitor

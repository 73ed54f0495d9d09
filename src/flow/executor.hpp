#pragma once

#include <string>
#include <vector>

#include "service/held_run.hpp"

namespace fairlead::service {
class Engine;
class WorkspacePool;
}  // namespace fairlead::service

namespace fairlead::flow {

/// What executes runs of flows in a daemon: on the engine thread of the source's server, with the sessions that it
/// pools. A flow of a daemon reads and writes folders of this machine only below `folders`. The pool and the engine must
/// outlive it.
service::RunWork executor(service::WorkspacePool& workspaces, service::Engine& engine,
                          std::vector<std::string> folders);

}  // namespace fairlead::flow

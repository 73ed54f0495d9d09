#pragma once

#include <string>

#include "fairlead/file_system.hpp"
#include "service/target.hpp"

namespace fairlead::service {

class Engine;
class WorkspacePool;

/// A saved connection as a daemon can open it now, its variables as they are in an environment (empty: none). A
/// host key that is accepted on first use will be recorded. Both must outlive the sessions. Throws not_found (also
/// for an environment), disabled, invalid_argument.
awaitable<Target> reach(WorkspacePool& workspaces, Engine& engine, std::string project, std::string name,
                        std::string environment = {});

}  // namespace fairlead::service

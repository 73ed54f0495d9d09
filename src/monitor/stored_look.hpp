#pragma once

#include <string>
#include <vector>

#include "catalog/monitor.hpp"
#include "monitor/look.hpp"

namespace fairlead::service {
class Engine;
class WorkspacePool;
}  // namespace fairlead::service

namespace fairlead::monitor {

/// One stored monitor in a look, and what came of it.
struct StoredLook {
    catalog::Monitor monitor;  ///< as it was stored when the look began
    LookResult result;
};

/// Looks once for stored monitors that share a place: the connection of the first, its environment, path and depth.
/// Those that are not there any more, that are disabled (unless `disabled_too`), or that watch another place now are
/// left out. The sessions are those of the engine, within the budget of the server. In `settings`, `with_store` is
/// set here, and `index` of `next` counts the ids. That the connection cannot be used is in the results, and recorded
/// as the monitors' problem.
awaitable<std::vector<StoredLook>> look_for(service::WorkspacePool& workspaces, service::Engine& engine,
                                            std::vector<std::string> ids, LookSettings settings,
                                            bool disabled_too = false);

/// What monitors must share so that one listing serves them all.
std::string place_key(const catalog::Monitor& monitor);

}  // namespace fairlead::monitor

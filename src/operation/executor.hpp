#pragma once

#include "service/held_run.hpp"

namespace fairlead::service {
class Engine;
class WorkspacePool;
}  // namespace fairlead::service

namespace fairlead::operation {

/// Executes the runs of the kind "operation" in a daemon (service::Runner): over one session of its own, on the
/// engine's thread for that server and within the server's budget. Contents come out as files below the run's
/// folder, named by their numbers; the entries of a list as lines of JSON (entries_path). Both must outlive it.
service::RunWork executor(service::WorkspacePool& workspaces, service::Engine& engine);

/// The file with the entries that a run of a list has given.
std::string entries_path(const std::string& run_folder);

}  // namespace fairlead::operation

#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/run.hpp"
#include "store/run_store.hpp"

namespace fairlead::service {

class Workspace;

/// Which node a workspace belongs to: "host:/data/directory". What lies in that directory only it can reach.
std::string node_of(const Workspace& workspace);

/// The recorded runs, and what of them lies on disk.
class Runs {
  public:
    /// The workspace must outlive this object.
    explicit Runs(Workspace& workspace) : workspace_(workspace) {}

    /// A run with a new id, not stored yet.
    catalog::Run draft(std::string project);
    /// Records it as begun by this process.
    catalog::Run begin(catalog::Run run);
    /// Records it as waiting for a daemon.
    catalog::Run enqueue(catalog::Run run);

    /// Throws not_found.
    catalog::Run get(std::string_view id);
    catalog::Run cancel(std::string_view id);
    /// Stops a run where it can go on, until somebody resumes it. Throws conflict for one that has ended, or that a
    /// command and not a daemon executes.
    catalog::Run pause(std::string_view id);
    /// Throws conflict for one that is not paused.
    catalog::Run resume(std::string_view id);
    /// A new run that repeats what failed of one that has ended; with `all` what went well too. Throws conflict for
    /// one that is not over or of which nothing is to be done. Not stored.
    catalog::Run retry_of(std::string_view id, bool all = false);

    /// Finds runs whose process is gone, or has been silent for too long. Those that a daemon can go on with
    /// (request member "resumable") are queued again, the others failed. Gives how many there were.
    unsigned recover();
    /// Those that are running and were asked to stop or to pause.
    std::vector<catalog::Run> wished_for();
    /// Forgets what is older than the retention wants, on disk too. Gives how many runs.
    std::size_t forget(const store::Retention& retention);

    /// Removes from disk the documents of runs of which all went well, once they ended so long ago: what failed may be
    /// retried. Also folders of that age that belong to no run, because a process died while it wrote them. Gives
    /// how many.
    std::size_t forget_documents(std::chrono::milliseconds keep);

    store::RunStore& store();
    /// Where the documents of a run lie.
    std::string folder(std::string_view id) const;
    static std::string folder(const std::string& data_directory, std::string_view id);
    /// The node of the workspace.
    std::string node() const;

  private:
    Workspace& workspace_;
};

}  // namespace fairlead::service

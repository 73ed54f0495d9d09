#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "service/held_run.hpp"
#include "store/run_store.hpp"

namespace fairlead::service {

class WorkspacePool;

/// Who executes the runs of each kind ("operation", "flow"): the work of hold_run. Called on the runner's thread;
/// what it does for long belongs elsewhere (Engine).
using Executors = std::map<std::string, RunWork>;

struct RunnerOptions {
    unsigned at_once = 8;        ///< runs; those beyond wait in the store
    store::Retention retention;  ///< of runs; looked at every minute
    /// Of the documents that came in and out of a run, when all of it went well.
    std::chrono::milliseconds keep_documents{std::chrono::hours(24)};
    std::optional<std::chrono::milliseconds> keep_audit;  ///< of audit entries; absent: for ever
    std::chrono::milliseconds lease = kLease;             ///< of the runs that are taken
    std::chrono::milliseconds lost_nodes{std::chrono::minutes(15)};  ///< silent for so long; see NodeWatch
    RunObserver* observer = nullptr;                      ///< must outlive the runner
    /// Told that some run was changed, by whichever process. From any thread.
    std::function<void()> changed;
    /// Told when the store cannot be asked, and once it can again. On the runner's thread.
    std::function<void(const std::string& trouble)> report;
};

/// What a daemon does with runs: takes those that are due from the store, as many at once as it may, and executes
/// them; takes up those whose process died; forgets old ones. Several daemons on one store share the work.
class Runner {
  public:
    /// Begins at once. The pool, and what the executors use, must outlive this object.
    Runner(WorkspacePool& workspaces, Executors executors, RunnerOptions options = {});
    /// Takes no further runs, stops those that are running, and puts them back into the queue.
    ~Runner();
    Runner(const Runner&) = delete;
    Runner& operator=(const Runner&) = delete;

    /// A run was put into the queue, or was asked to stop. From any thread.
    void look();
    /// Waits until a run has ended, whoever executes it. Comes back to the caller's executor; from any thread's
    /// coroutine. Throws not_found, and cancelled when the runner stops or the caller is cancelled.
    awaitable<catalog::Run> wait_for(std::string id);

  private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace fairlead::service

#pragma once

#include <functional>
#include <memory>
#include <string>

#include "flow/forget.hpp"

namespace fairlead::flow {

struct SchedulerOptions {
    Keep keep;  ///< what is older is forgotten
    /// Runs were queued. On the scheduler's thread.
    std::function<void()> queued;
    /// What keeps the scheduler, or one flow, from its work; told once, and "" when it is over. On the scheduler's thread.
    std::function<void(const std::string& trouble)> report;
};

/// Looks at all flows when something is due, and every few seconds, on a thread of its own, and queues their runs
/// (see tick); tells of runs that failed; and forgets what is old. Several daemons on one store may each have one: each moment counts once.
class Scheduler {
  public:
    /// Begins at once, with a workspace of its own; the arguments as Workspace takes them. A store that is away is waited
    /// for.
    Scheduler(std::string directory, std::string store, SchedulerOptions options = {});
    ~Scheduler();
    Scheduler(const Scheduler&) = delete;
    Scheduler& operator=(const Scheduler&) = delete;

    /// Something has changed: a flow, or a run has ended. From any thread.
    void look();

  private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace fairlead::flow

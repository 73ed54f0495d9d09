#pragma once

#include <functional>

#include "operation/execution.hpp"

namespace fairlead::service {
class Workspace;
}

namespace fairlead::operation {

/// Runs something on a workspace, wherever that may block, and comes back.
using OnWorkspace = std::function<awaitable<void>(std::function<void(service::Workspace&)>)>;

/// Hears what comes out while a run is under way; everything else is in its record.
class Sink {
  public:
    virtual ~Sink() = default;
    virtual awaitable<void> done(const catalog::RunFile& /*file*/) { co_return; }
    virtual awaitable<void> listed(const Entry& /*entry*/) { co_return; }
    virtual void retrying(const std::string& /*what*/, const Error& /*error*/, unsigned /*failures*/,
                          std::chrono::milliseconds /*wait*/) {}
    /// Whether a run that is cancelled now goes back into the queue, for another process.
    virtual bool hands_over() const { return false; }
};

/// Executes a run that this process holds, recording each document as it ends and the run's end, whatever it is.
/// Meanwhile keeps the lease, tells progress every second, and stops when somebody asks the run to stop or has
/// taken it over. What the run has recorded already (an earlier attempt, or the run that it repeats) is not done
/// again. Gives the run as it ended; throws Error{cancelled} only after that was recorded.
awaitable<catalog::Run> conduct(OnWorkspace on_workspace, catalog::Run run, Request request,
                                transfer::Sessions& remote, transfer::Journal* journal, Sink& sink);

}  // namespace fairlead::operation

#pragma once

#include "operation/execution.hpp"
#include "service/held_run.hpp"

namespace fairlead::operation {

/// Hears what comes out while a run is under way; everything else is in its record.
class Sink {
  public:
    virtual ~Sink() = default;
    virtual awaitable<void> done(const catalog::RunFile& /*file*/) { co_return; }
    virtual awaitable<void> listed(const Entry& /*entry*/) { co_return; }
    virtual void retrying(const std::string& /*what*/, const Error& /*error*/, unsigned /*failures*/,
                          std::chrono::milliseconds /*wait*/) {}
};

/// The work of a run (service::hold_run) that executes an operation: records each document as it ends. What the run
/// has recorded already (an earlier attempt, or the run that it repeats) is not done again. `protocol` is that of
/// the connection. Throws what `execute` throws.
awaitable<service::RunEnd> conduct(service::HeldRun& held, Request request, transfer::Sessions& remote,
                                   transfer::Journal* journal, Sink& sink, std::string_view protocol);

}  // namespace fairlead::operation

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "fairlead/entry.hpp"

namespace fairlead::service {
class Workspace;
}

namespace fairlead::flow {

/// What one look at all flows did.
struct Tick {
    std::vector<std::string> queued;  ///< runs
    std::optional<Time> next;         ///< when something will be due, as far as is known
    std::vector<std::string> troubles;  ///< flows that cannot be looked at, and why
};

/// Queues a run for each flow that is due at `now`: by its schedule, because a flow that it follows has run, or because
/// its monitor has seen something. Each moment, run and event counts once, on however many nodes this is called.
Tick tick(service::Workspace& workspace, Time now);

}  // namespace fairlead::flow

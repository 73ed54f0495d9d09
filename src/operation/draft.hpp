#pragma once

#include "operation/execution.hpp"

namespace fairlead::service {
class Runs;
}

namespace fairlead::operation {

/// A run of an operation, not stored yet: with all that is needed to execute it, and to repeat it. `id` is the
/// one under which documents were laid down already; empty: a new one.
catalog::Run draft(service::Runs& runs, const std::string& project, const std::string& environment,
                   const Request& request, const std::string& id = {});

}  // namespace fairlead::operation

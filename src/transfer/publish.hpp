#pragma once

#include <functional>
#include <string>
#include <vector>

#include "fairlead/file_system.hpp"
#include "transfer/plan.hpp"

namespace fairlead::transfer {

/// Gives a finished temporary file its final name. In one step where the server can replace; else the old
/// file is moved aside, the new one renamed in, and the old one removed; when the middle step fails the old
/// file is put back. So at every moment either the old or the new content is there, whole.
///
/// `moving_aside` hears where the old file goes before it goes there.
///
/// Throws already_exists when the plan may not replace and something is there by now. What could not be
/// tidied up afterwards is a line in `warnings`.
awaitable<void> publish(FileSystem& files, const TransferPlan& plan, std::vector<std::string>& warnings,
                        std::function<void(const std::string&)> moving_aside = {});

}  // namespace fairlead::transfer

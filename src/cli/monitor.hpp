#pragma once

#include <string>

#include "cli/thing_change.hpp"
#include "cli/verb.hpp"

namespace fairlead::cli {

// create, update
AddFieldFlags monitor_flags();
// run
void add_monitor_run(CLI::App& monitor, Context& context);

}  // namespace fairlead::cli

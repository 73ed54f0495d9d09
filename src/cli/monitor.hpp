#pragma once

#include <string>

#include "cli/verb.hpp"

namespace fairlead::cli {

/// NAME, the monitor that a verb is about.
CLI::Option* add_monitor_name(CLI::App& verb, std::string& target);

// create, update
void add_monitor_create(CLI::App& monitor, Context& context);
void add_monitor_update(CLI::App& monitor, Context& context);
// run
void add_monitor_run(CLI::App& monitor, Context& context);
// dead letters: list, replay, drop
void add_monitor_letters(CLI::App& monitor, Context& context);

}  // namespace fairlead::cli

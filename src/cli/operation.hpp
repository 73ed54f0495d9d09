#pragma once

#include "cli/verb.hpp"

/// The verbs below `operation`: one file for those that show, one for running.
namespace fairlead::cli {

void add_operation_list(CLI::App& operation, Context& context);
void add_operation_show(CLI::App& operation, Context& context);
void add_operation_run(CLI::App& operation, Context& context);

}  // namespace fairlead::cli

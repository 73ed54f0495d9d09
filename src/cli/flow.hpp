#pragma once

#include "catalog/run.hpp"
#include "cli/thing_change.hpp"
#include "cli/verb.hpp"

/// The verbs below `flow`: one file for those that show, one for running.
namespace fairlead::cli {

/// Of create and update.
AddFieldFlags flow_flags();
void add_flow_list(CLI::App& flow, Context& context);
void add_flow_show(CLI::App& flow, Context& context);
void add_flow_files(CLI::App& flow, Context& context);
void add_flow_reset(CLI::App& flow, Context& context);
void add_flow_run(CLI::App& flow, Context& context);

/// Runs a flow once more in the foreground; `run` is not stored yet (service::Runs::retry_of).
void retry_flow(catalog::Run run, Context& context);

}  // namespace fairlead::cli

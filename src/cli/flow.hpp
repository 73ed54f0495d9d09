#pragma once

#include "catalog/run.hpp"
#include "cli/verb.hpp"

/// The verbs below `flow`: one file for those that change, one for those that show, one for running.
namespace fairlead::cli {

void add_flow_create(CLI::App& flow, Context& context);
void add_flow_update(CLI::App& flow, Context& context);
void add_flow_delete(CLI::App& flow, Context& context);
void add_flow_list(CLI::App& flow, Context& context);
void add_flow_show(CLI::App& flow, Context& context);
void add_flow_files(CLI::App& flow, Context& context);
void add_flow_reset(CLI::App& flow, Context& context);
void add_flow_alerts(CLI::App& flow, Context& context);
void add_flow_run(CLI::App& flow, Context& context);

/// Runs a flow once more in the foreground; `run` is not stored yet (service::Runs::retry_of).
void retry_flow(catalog::Run run, Context& context);

/// Adds the name of a flow as a positional argument.
CLI::Option* add_flow_name(CLI::App& verb, std::string& target);

}  // namespace fairlead::cli

#pragma once

#include "cli/verb.hpp"
#include "service/connections.hpp"

/// The verbs below `connection`: one file for those that change, one for those that show, one each for editing, the test,
/// and bundles. Those of every kind of thing are in cli/thing_verbs.hpp.
namespace fairlead::cli {

void add_connection_create(CLI::App& connection, Context& context);
void add_connection_update(CLI::App& connection, Context& context);
void add_connection_list(CLI::App& connection, Context& context);
void add_connection_show(CLI::App& connection, Context& context);
void add_connection_edit(CLI::App& connection, Context& context);
void add_connection_test(CLI::App& connection, Context& context);

/// Adds the name of a saved connection as a positional argument.
CLI::Option* add_connection_name(CLI::App& verb, std::string& target);

/// Says what was saved: the JSON document, or `sentence`; warnings on standard error.
void report_saved(Context& context, const service::Saved& saved, const std::string& sentence);

}  // namespace fairlead::cli

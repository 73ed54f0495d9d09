#pragma once

#include "cli/verb.hpp"
#include "service/connections.hpp"

/// The verbs below `connection`: one file for those that change, one for
/// those that show, one each for history, editing and the test, one for what concerns other things too.
namespace fairlead::cli {

void add_connection_create(CLI::App& connection, Context& context);
void add_connection_update(CLI::App& connection, Context& context);
void add_connection_rename(CLI::App& connection, Context& context);
void add_connection_duplicate(CLI::App& connection, Context& context);
void add_connection_enable(CLI::App& connection, Context& context);
void add_connection_disable(CLI::App& connection, Context& context);
void add_connection_delete(CLI::App& connection, Context& context);
void add_connection_list(CLI::App& connection, Context& context);
void add_connection_show(CLI::App& connection, Context& context);
void add_connection_history(CLI::App& connection, Context& context);
void add_connection_edit(CLI::App& connection, Context& context);
void add_connection_move(CLI::App& connection, Context& context);
void add_connection_rollback(CLI::App& connection, Context& context);
void add_connection_used(CLI::App& connection, Context& context);
void add_connection_export(CLI::App& connection, Context& context);
void add_connection_import(CLI::App& connection, Context& context);
void add_connection_test(CLI::App& connection, Context& context);

/// Adds the name of a saved connection as a positional argument.
CLI::Option* add_connection_name(CLI::App& verb, std::string& target, const std::string& label = "NAME");

/// Says what was saved: the JSON document, or `sentence`; warnings on standard error.
void report_saved(Context& context, const service::Saved& saved, const std::string& sentence);

}  // namespace fairlead::cli

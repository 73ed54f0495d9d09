#include "cli/connection.hpp"

#include "catalog/connection_resource.hpp"
#include "cli/bundle.hpp"
#include "cli/thing_verbs.hpp"
#include "cli/verbs.hpp"

namespace fairlead::cli {

CLI::Option* add_connection_name(CLI::App& verb, std::string& target) {
    return add_thing_name(verb, catalog::Kind::connection, target);
}

void report_saved(Context& context, const service::Saved& saved, const std::string& sentence) {
    report_change(context, {catalog::to_resource(saved.connection), saved.warnings}, sentence);
}

void add_connection(CLI::App& app, Context& context) {
    auto* connection = app.add_subcommand("connection", "Define how to reach a server, and test it");
    connection->require_subcommand(1);
    add_connection_create(*connection, context);
    add_connection_list(*connection, context);
    add_connection_show(*connection, context);
    add_connection_update(*connection, context);
    add_connection_edit(*connection, context);
    add_thing_verbs(*connection, context, catalog::Kind::connection);
    add_thing_delete(*connection, context, catalog::Kind::connection);
    add_export(*connection, context, catalog::Kind::connection);
    add_import(*connection, context);
    add_connection_test(*connection, context);
}

}  // namespace fairlead::cli

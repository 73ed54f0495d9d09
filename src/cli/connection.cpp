#include "cli/connection.hpp"

#include <fmt/format.h>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "base/error_json.hpp"
#include "catalog/connection.hpp"
#include "cli/bundle.hpp"
#include "cli/thing_verbs.hpp"
#include "cli/verbs.hpp"

namespace fairlead::cli {

CLI::Option* add_connection_name(CLI::App& verb, std::string& target) {
    return add_thing_name(verb, catalog::Kind::connection, target);
}

void report_saved(Context& context, const service::Saved& saved, const std::string& sentence) {
    for (const auto& warning : saved.warnings)
        context.warn(warning.value.empty()
                         ? fmt::format("{} {}", warning.field, warning.problem)
                         : fmt::format("{} {} {}", warning.field, warning.value, warning.problem));
    if (!context.options.json) return context.note(sentence);
    auto document = catalog::to_json(saved.connection);
    document["warnings"] = to_json(saved.warnings);
    context.json(document);
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

#include "cli/operation.hpp"

#include <algorithm>

#include "catalog/operation.hpp"
#include "cli/bundle.hpp"
#include "cli/letters.hpp"
#include "cli/thing_change.hpp"
#include "cli/thing_verbs.hpp"
#include "cli/verbs.hpp"

namespace fairlead::cli {

namespace {

AddFieldFlags flags() {
    return [](CLI::App& verb) {
        auto given = std::make_shared<boost::json::object>();
        for (const auto& field : catalog::operation_fields())
            if (field.name != "name") add_field_flag(verb, field.name, field.type, std::string(field.help), *given);
        return [given](boost::json::object& fields) { merge_fields(fields, *given); };
    };
}

std::string_view help_of(const std::string& path) {
    const auto field = std::ranges::find(catalog::operation_fields(), path, &catalog::OperationField::name);
    return field != catalog::operation_fields().end() ? field->help : std::string_view();
}

}  // namespace

void add_operation(CLI::App& app, Context& context) {
    auto* operation = app.add_subcommand(
        "operation", "Define reusable actions on a connection (create, get, query, list, delete, upsert, move), and run them");
    operation->require_subcommand(1);
    add_thing_create(*operation, context, catalog::Kind::operation, "Define an operation", flags());
    add_operation_list(*operation, context);
    add_operation_show(*operation, context);
    add_thing_update(*operation, context, catalog::Kind::operation, flags());
    add_thing_edit(*operation, context, catalog::Kind::operation, help_of);
    add_thing_verbs(*operation, context, catalog::Kind::operation);
    add_thing_delete(*operation, context, catalog::Kind::operation);
    add_export(*operation, context, catalog::Kind::operation);
    add_import(*operation, context);
    add_operation_run(*operation, context);
    add_alerts(*operation, context, catalog::Kind::operation);
    add_letters(*operation, context, catalog::Kind::operation);
}

}  // namespace fairlead::cli

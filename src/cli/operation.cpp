#include "cli/operation.hpp"

#include <fmt/format.h>

#include "cli/bundle.hpp"
#include "cli/thing_verbs.hpp"
#include "cli/verbs.hpp"
#include "fairlead/error.hpp"

namespace fairlead::cli {

CLI::Option* add_operation_name(CLI::App& verb, std::string& target) {
    return add_thing_name(verb, catalog::Kind::operation, target);
}

std::pair<std::string, std::string> split_assignment(const std::string& text, const std::string& flag) {
    const auto sign = text.find('=');
    if (sign != std::string::npos && sign > 0) return {text.substr(0, sign), text.substr(sign + 1)};
    Error error(ErrorCode::invalid_argument, fmt::format("--{} '{}' assigns nothing.", flag, text));
    error.faults.push_back({flag, text, "must be NAME=VALUE"});
    throw error;
}

void add_operation(CLI::App& app, Context& context) {
    auto* operation = app.add_subcommand(
        "operation", "Define reusable actions on a connection (create, get, query, list, delete, upsert, move), and run them");
    operation->require_subcommand(1);
    add_operation_create(*operation, context);
    add_operation_list(*operation, context);
    add_operation_show(*operation, context);
    add_operation_update(*operation, context);
    add_operation_edit(*operation, context);
    add_thing_verbs(*operation, context, catalog::Kind::operation);
    add_thing_delete(*operation, context, catalog::Kind::operation);
    add_export(*operation, context, catalog::Kind::operation);
    add_import(*operation, context);
    add_operation_run(*operation, context);
}

}  // namespace fairlead::cli

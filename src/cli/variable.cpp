// variable set, list, show, delete

#include <fmt/format.h>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "cli/secret_source.hpp"
#include "cli/table.hpp"
#include "cli/verbs.hpp"
#include "service/variables.hpp"
#include "service/workspace.hpp"

namespace fairlead::cli {
namespace {

namespace json = boost::json;
using catalog::Variable;

struct SetOptions {
    std::string name;
    std::optional<std::string> value;
    bool secret = false;
    bool value_stdin = false;
    std::string value_env, value_file;
    std::optional<std::string> description;
    std::optional<std::int64_t> if_revision;
};

std::optional<Secret> value_of(Context& context, const SetOptions& options) {
    const int sources = int{options.value.has_value()} + int{options.value_stdin} + int{!options.value_env.empty()} +
                        int{!options.value_file.empty()};
    if (sources > 1)
        throw Error(ErrorCode::invalid_argument,
                    "Only one of VALUE, --value-stdin, --value-env and --value-file can be the value.");
    if (options.value_stdin) return secret_from_stdin("--value-stdin");
    if (!options.value_env.empty()) return secret_from_variable(options.value_env, "--value-env");
    if (!options.value_file.empty()) return secret_from_file(options.value_file, "--value-file");
    if (!options.value) return std::nullopt;
    if (options.secret)
        context.warn("as an argument, the value could be read by every process of this machine; "
                     "use --value-stdin, --value-env or --value-file");
    return Secret(*options.value);
}

void set(Context& context, const SetOptions& options) {
    service::VariableChange change;
    change.environment = context.options.environment;
    change.value = value_of(context, options);
    change.secret = options.secret;
    change.description = options.description;
    if (!change.value && !change.secret && !change.description)
        throw Error(ErrorCode::invalid_argument, fmt::format("A value for the variable '{}' is missing.", options.name))
            .hinting("see: fairlead variable set --help");
    const auto variable =
        context.workspace().variables().set(context.options.project, options.name, change, options.if_revision);
    if (context.options.json) return context.json(catalog::to_json(variable));
    context.note(fmt::format("Set the variable '{}' (revision {}).", variable.name, variable.record.revision));
}

/// "E=value", secrets as "***", by environment; the value for all of them stands apart.
std::string environments_text(const Variable& variable) {
    std::map<std::string, std::string> values = variable.plain;
    for (const auto& [environment, sealed] : variable.sealed)
        values[environment] = "***";
    std::string text;
    for (const auto& [environment, value] : values)
        if (!environment.empty()) text += fmt::format("{}{}={}", text.empty() ? "" : ", ", environment, value);
    return text;
}

std::string value_text(const Variable& variable) {
    if (variable.sealed.contains("")) return "***";
    const auto plain = variable.plain.find("");
    return plain != variable.plain.end() ? plain->second : "";
}

void list(Context& context) {
    const auto variables = context.workspace().variables().list(context.options.project);
    if (context.options.json) {
        json::array documents;
        for (const auto& variable : variables)
            documents.push_back(catalog::to_json(variable));
        return context.json(documents);
    }
    if (variables.empty())
        return context.note(fmt::format("There are no variables in the project '{}' yet; see: fairlead variable set "
                                        "--help",
                                        context.options.project));
    Table table({"NAME", "PROJECT", "VALUE", "BY ENVIRONMENT", "DESCRIPTION"});
    for (const auto& variable : variables)
        table.add({variable.name, variable.record.project, value_text(variable), environments_text(variable),
                   variable.description});
    context.out(table.text(context.width()));
}

void show(Context& context, const std::string& name) {
    auto& variables = context.workspace().variables();
    const auto variable = variables.get(context.options.project, name);
    auto users = variables.users(context.options.project, name);
    if (context.options.json) {
        auto document = catalog::to_json(variable);
        json::array used_by;
        for (const auto& user : users)
            used_by.push_back({{"kind", catalog::to_string(user.kind)},
                               {"project", user.record.project},
                               {"name", user.name}});
        document["usedBy"] = std::move(used_by);
        return context.json(document);
    }
    Table table({"ENVIRONMENT", "VALUE"});
    if (variable.has("")) table.add({"(all)", value_text(variable)});
    for (const auto& [environment, value] : variable.plain)
        if (!environment.empty()) table.add({environment, value});
    for (const auto& [environment, sealed] : variable.sealed)
        if (!environment.empty()) table.add({environment, "***"});
    if (!variable.description.empty()) context.print(variable.description);
    context.out(table.text(context.width()));
    for (const auto& user : users)
        context.print(fmt::format("used by the {} '{}' ({})", catalog::to_string(user.kind), user.name,
                                  user.record.project));
}

void add_set(CLI::App& parent, Context& context) {
    auto options = std::make_shared<SetOptions>();
    auto* verb = parent.add_subcommand(
        "set", "Give a variable a value: for one environment with --environment, else for all of them");
    verb->add_option("NAME", options->name, "1 to 128 letters, digits, '.', '_' and '-'; it never changes")
        ->required()
        ->type_name("");
    add_optional(*verb, "VALUE", options->value, "The value; may hold ${...} itself")->type_name("");
    verb->add_flag("--secret", options->secret, "Keep the value sealed, and never show it; once secret, it stays so");
    verb->add_flag("--value-stdin", options->value_stdin, "Read the value from standard input, less one line end");
    verb->add_option("--value-env", options->value_env, "Take the value from this environment variable")
        ->type_name("VAR");
    verb->add_option("--value-file", options->value_file, "Take the value from this file, less one line end")
        ->type_name("F");
    add_optional(*verb, "--description", options->description, "What it is for; at most 1000 characters")
        ->type_name("D");
    add_optional(*verb, "--if-revision", options->if_revision, "Only if it is still at this revision; 0: only if new")
        ->type_name("N");
    verb->callback([options, &context] { set(context, *options); });
}

void add_delete(CLI::App& parent, Context& context) {
    auto name = std::make_shared<std::string>();
    auto force = std::make_shared<bool>(false);
    auto* verb = parent.add_subcommand(
        "delete", "Forget a variable of the project, or with --environment only its value there");
    verb->add_option("NAME", *name, "The variable")->required()->type_name("");
    verb->add_flag("--force", *force, "Even if something uses it");
    verb->callback([name, force, &context] {
        auto& variables = context.workspace().variables();
        const auto& [project, environment] = std::pair(context.options.project, context.options.environment);
        if (environment.empty())
            variables.remove(project, *name, *force);
        else
            variables.unset(project, *name, environment, *force);
        if (context.options.json) return context.json(json::object{{"name", *name}, {"deleted", true}});
        context.note(environment.empty()
                         ? fmt::format("Deleted the variable '{}'.", *name)
                         : fmt::format("Deleted the value of '{}' in the environment '{}'.", *name, environment));
    });
}

}  // namespace

void add_variable(CLI::App& app, Context& context) {
    auto* variable = app.add_subcommand("variable", "Texts for ${name} in connections, per environment");
    variable->require_subcommand(1);
    add_set(*variable, context);
    auto* all = variable->add_subcommand("list", "List the variables of the project and the global ones");
    all->callback([&context] { list(context); });
    auto name = std::make_shared<std::string>();
    auto* one = variable->add_subcommand("show", "Show a variable's values, without secrets, and what uses it");
    one->add_option("NAME", *name, "The variable")->required()->type_name("");
    one->callback([name, &context] { show(context, *name); });
    add_delete(*variable, context);
}

}  // namespace fairlead::cli

// operation list, show

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "catalog/operation.hpp"
#include "cli/operation.hpp"
#include "cli/thing_verbs.hpp"
#include "cli/table.hpp"
#include "service/operations.hpp"
#include "service/workspace.hpp"

namespace fairlead::cli {
namespace {

namespace json = boost::json;

void list_operations(Context& context) {
    const auto found = service::Operations(context.workspace()).list(context.options.project);
    if (context.options.json) {
        json::array documents;
        for (const auto& operation : found)
            documents.push_back(catalog::to_json(operation));
        return context.json(documents);
    }
    if (found.empty())
        return context.note(fmt::format("There are no operations in the project '{}' yet; see: fairlead operation create "
                                        "--help",
                                        context.options.project));
    Table table({"NAME", "ACTION", "CONNECTION", "PROJECT", "STATE", "DESCRIPTION"});
    for (const auto& operation : found)
        table.add({operation.name, std::string(catalog::to_string(operation.action)), operation.connection,
                   operation.record.project, operation.enabled ? "" : "disabled", operation.description});
    context.out(table.text(context.width()));
}

void show_operation(Context& context, const std::string& name) {
    const auto operation = service::Operations(context.workspace()).get(context.options.project, name);
    const auto document = catalog::to_json(operation);
    if (context.options.json) return context.json(document);
    for (const auto& [key, value] : document) {
        const bool empty = value.is_null() || (value.is_string() && value.get_string().empty()) ||
                           (value.is_bool() && !value.get_bool());
        if (empty && key != "enabled") continue;
        context.print(fmt::format("{:<22} {}", std::string_view(key),
                                  value.is_string() ? std::string(value.get_string()) : json::serialize(value)));
    }
}

}  // namespace

void add_operation_list(CLI::App& operation, Context& context) {
    auto* verb = operation.add_subcommand("list", "Show the operations of the project");
    verb->callback([&context] { list_operations(context); });
}

void add_operation_show(CLI::App& operation, Context& context) {
    auto name = std::make_shared<std::string>();
    auto* verb = operation.add_subcommand("show", "Show the fields of an operation");
    add_thing_name(*verb, catalog::Kind::operation, *name);
    verb->callback([name, &context] { show_operation(context, *name); });
}

}  // namespace fairlead::cli

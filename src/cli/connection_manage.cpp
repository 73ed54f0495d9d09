// connection move, rollback, used

#include <fmt/format.h>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "cli/connection.hpp"
#include "cli/table.hpp"
#include "service/workspace.hpp"

namespace fairlead::cli {
namespace {

namespace json = boost::json;

struct ManageOptions {
    std::string name;
    std::string to;
    std::int64_t revision = 0;
    bool force = false;
};

void used(Context& context, const std::string& name) {
    const auto users = context.workspace().connections().users(context.options.project, name);
    if (context.options.json) {
        json::array documents;
        for (const auto& user : users)
            documents.push_back(
                {{"kind", catalog::to_string(user.kind)}, {"project", user.record.project}, {"name", user.name}});
        return context.json(documents);
    }
    if (users.empty()) return context.note(fmt::format("Nothing uses the connection '{}'.", name));
    Table table({"KIND", "NAME", "PROJECT"});
    for (const auto& user : users)
        table.add({std::string(catalog::to_string(user.kind)), user.name, user.record.project});
    context.out(table.text(context.width()));
}

}  // namespace

void add_connection_move(CLI::App& connection, Context& context) {
    auto options = std::make_shared<ManageOptions>();
    auto* verb = connection.add_subcommand("move", "Move a connection into another project, or to all with `global`");
    add_connection_name(*verb, options->name);
    verb->add_option("--to", options->to, "The project")->required()->type_name("PROJECT");
    verb->add_flag("--force", options->force, "Even if something that uses it will not find it any more");
    verb->callback([options, &context] {
        const auto saved = context.workspace().connections().move(context.options.project, options->name, options->to,
                                                                  options->force);
        report_saved(context, saved,
                     fmt::format("The connection '{}' is in the project '{}' now.", saved.connection.name,
                                 saved.connection.record.project));
    });
}

void add_connection_rollback(CLI::App& connection, Context& context) {
    auto options = std::make_shared<ManageOptions>();
    auto* verb = connection.add_subcommand(
        "rollback", "Make a connection what it was at an earlier revision; name, project and secrets stay");
    add_connection_name(*verb, options->name);
    verb->add_option("--to", options->revision, "A number that `connection history` shows")
        ->required()
        ->type_name("REVISION");
    verb->callback([options, &context] {
        const auto saved = context.workspace().connections().rollback(context.options.project, options->name,
                                                                      options->revision);
        report_saved(context, saved,
                     fmt::format("The connection '{}' is as it was at revision {} (now revision {}).",
                                 saved.connection.name, options->revision, saved.connection.record.revision));
    });
}

void add_connection_used(CLI::App& connection, Context& context) {
    auto name = std::make_shared<std::string>();
    auto* verb = connection.add_subcommand("used", "List what uses a connection");
    add_connection_name(*verb, *name);
    verb->callback([name, &context] { used(context, *name); });
}

}  // namespace fairlead::cli

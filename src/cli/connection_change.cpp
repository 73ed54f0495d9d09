// connection create, update, rename, duplicate, enable, disable, delete

#include <fmt/format.h>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "cli/connection.hpp"
#include "cli/connection_options.hpp"
#include "service/workspace.hpp"

namespace fairlead::cli {
namespace {

struct NameOptions {
    std::string name;
    std::string new_name;
};

void add_enabling(CLI::App& connection, Context& context, bool enable) {
    auto options = std::make_shared<NameOptions>();
    auto* verb = connection.add_subcommand(
        enable ? "enable" : "disable",
        enable ? "Let a connection be used again" : "Refuse the use of a connection, and keep it as it is");
    add_connection_name(*verb, options->name);
    verb->callback([options, enable, &context] {
        const auto saved =
            context.workspace().connections().set_enabled(context.options.project, options->name, enable);
        report_saved(context, saved,
                     fmt::format("The connection '{}' is {}.", saved.connection.name,
                                 enable ? "enabled" : "disabled"));
    });
}

}  // namespace

void add_connection_create(CLI::App& connection, Context& context) {
    auto options = std::make_shared<NameOptions>();
    auto* verb = connection.add_subcommand("create", "Save how to reach a server, under a name");
    verb->add_option("NAME", options->name, "1 to 128 letters, digits, '.', '_', '-' and inner spaces")
        ->required()
        ->type_name("");
    const auto flags = add_connection_options(*verb);
    auto disabled = std::make_shared<bool>(false);
    verb->add_flag("--disabled", *disabled, "Do not let it be used yet");
    verb->callback([options, flags, disabled, &context] {
        auto fields = flags->resolve();
        if (*disabled) fields.set("enabled", boost::json::value(false));
        const auto saved =
            context.workspace().connections().create(context.options.project, options->name, fields);
        report_saved(context, saved,
                     fmt::format("Created the connection '{0}'. Try it: fairlead connection test '{0}'",
                                 saved.connection.name));
    });
}

void add_connection_update(CLI::App& connection, Context& context) {
    auto options = std::make_shared<NameOptions>();
    auto* verb = connection.add_subcommand("update", "Change what is given and keep the rest");
    add_connection_name(*verb, options->name);
    const auto flags = add_connection_options(*verb);
    auto revision = std::make_shared<std::optional<std::int64_t>>();
    add_optional(*verb, "--if-revision", *revision, "Only if it is still at this revision")->type_name("N");
    verb->callback([options, flags, revision, &context] {
        const auto& changes = flags->resolve(false);
        if (changes.empty())
            throw Error(ErrorCode::invalid_argument, "Nothing to change was given.")
                .hinting("see: fairlead connection update --help");
        const auto saved = context.workspace().connections().update(context.options.project, options->name,
                                                                    changes, *revision);
        report_saved(context, saved,
                     fmt::format("Updated the connection '{}' (revision {}).", saved.connection.name,
                                 saved.connection.record.revision));
    });
}

void add_connection_rename(CLI::App& connection, Context& context) {
    auto options = std::make_shared<NameOptions>();
    auto* verb = connection.add_subcommand("rename", "Give a connection another name");
    add_connection_name(*verb, options->name, "OLD");
    verb->add_option("NEW", options->new_name, "Its new name")->required()->type_name("");
    verb->callback([options, &context] {
        const auto saved = context.workspace().connections().rename(context.options.project, options->name,
                                                                    options->new_name);
        report_saved(context, saved,
                     fmt::format("The connection is called '{}' now.", saved.connection.name));
    });
}

void add_connection_duplicate(CLI::App& connection, Context& context) {
    auto options = std::make_shared<NameOptions>();
    auto* verb =
        connection.add_subcommand("duplicate", "Copy a connection, with its secrets, under another name");
    add_connection_name(*verb, options->name);
    verb->add_option("NEW", options->new_name, "The copy's name")->required()->type_name("");
    verb->callback([options, &context] {
        const auto saved = context.workspace().connections().duplicate(context.options.project, options->name,
                                                                       options->new_name);
        report_saved(context, saved, fmt::format("Created the connection '{}'.", saved.connection.name));
    });
}

void add_connection_enable(CLI::App& connection, Context& context) {
    add_enabling(connection, context, true);
}
void add_connection_disable(CLI::App& connection, Context& context) {
    add_enabling(connection, context, false);
}

void add_connection_delete(CLI::App& connection, Context& context) {
    auto options = std::make_shared<NameOptions>();
    auto force = std::make_shared<bool>(false);
    auto* verb = connection.add_subcommand("delete", "Forget a connection and its secrets");
    add_connection_name(*verb, options->name);
    verb->add_flag("--force", *force, "Even if something uses it");
    verb->callback([options, force, &context] {
        context.workspace().connections().remove(context.options.project, options->name, *force);
        if (context.options.json)
            context.json(boost::json::object{{"name", options->name}, {"deleted", true}});
        else
            context.note(fmt::format("Deleted the connection '{}'.", options->name));
    });
}

}  // namespace fairlead::cli

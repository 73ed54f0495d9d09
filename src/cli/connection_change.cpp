// connection create, update

#include <fmt/format.h>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "cli/connection.hpp"
#include "cli/connection_options.hpp"
#include "service/workspace.hpp"

namespace fairlead::cli {

void add_connection_create(CLI::App& connection, Context& context) {
    auto name = std::make_shared<std::string>();
    auto* verb = connection.add_subcommand("create", "Save how to reach a server, under a name");
    verb->add_option("NAME", *name, "1 to 128 letters, digits, '.', '_', '-' and inner spaces")
        ->required()
        ->type_name("");
    const auto flags = add_connection_options(*verb);
    auto disabled = std::make_shared<bool>(false);
    verb->add_flag("--disabled", *disabled, "Do not let it be used yet");
    verb->callback([name, flags, disabled, &context] {
        auto fields = flags->resolve();
        if (*disabled) fields.set("enabled", boost::json::value(false));
        const auto saved =
            context.workspace().connections().create(context.options.project, *name, fields);
        report_saved(context, saved,
                     fmt::format("Created the connection '{0}'. Try it: fairlead connection test '{0}'",
                                 saved.connection.name));
    });
}

void add_connection_update(CLI::App& connection, Context& context) {
    auto name = std::make_shared<std::string>();
    auto* verb = connection.add_subcommand("update", "Change what is given and keep the rest");
    add_connection_name(*verb, *name);
    const auto flags = add_connection_options(*verb);
    auto revision = std::make_shared<std::optional<std::int64_t>>();
    add_optional(*verb, "--if-revision", *revision, "Only if it is still at this revision")->type_name("N");
    verb->callback([name, flags, revision, &context] {
        const auto& changes = flags->resolve(false);
        if (changes.empty())
            throw Error(ErrorCode::invalid_argument, "Nothing to change was given.")
                .hinting("see: fairlead connection update --help");
        const auto saved = context.workspace().connections().update(context.options.project, *name,
                                                                    changes, *revision);
        report_saved(context, saved,
                     fmt::format("Updated the connection '{}' (revision {}).", saved.connection.name,
                                 saved.connection.record.revision));
    });
}

}  // namespace fairlead::cli

// project and environment: create, list, show, delete

#include <fmt/format.h>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "cli/table.hpp"
#include "cli/verbs.hpp"
#include "service/places.hpp"
#include "service/workspace.hpp"

namespace fairlead::cli {
namespace {

namespace json = boost::json;

struct PlaceOptions {
    std::string name;
    std::string description;
    bool force = false;
};

CLI::Option* add_name(CLI::App& verb, PlaceOptions& options) {
    return verb.add_option("NAME", options.name, "Its name")->required()->type_name("");
}

void report(Context& context, const catalog::Place& place, const std::string& sentence) {
    if (context.options.json) return context.json(catalog::to_json(place));
    context.note(sentence);
}

void list(Context& context, const std::vector<catalog::Place>& places) {
    if (context.options.json) {
        json::array documents;
        for (const auto& place : places)
            documents.push_back(catalog::to_json(place));
        return context.json(documents);
    }
    Table table({"NAME", "DESCRIPTION"});
    for (const auto& place : places)
        table.add({place.name, place.description});
    context.out(table.text(context.width()));
}

void show(Context& context, const catalog::Place& place) {
    if (context.options.json) return context.json(catalog::to_json(place));
    list(context, {place});
}

void report_deleted(Context& context, std::string_view word, const std::string& name) {
    if (context.options.json) return context.json(json::object{{"name", name}, {"deleted", true}});
    context.note(fmt::format("Deleted the {} '{}'.", word, name));
}

/// The verbs that both have; `services` gives Projects or Environments.
template <class Services>
void add_common(CLI::App& parent, Context& context, std::string word, Services services) {
    auto created = std::make_shared<PlaceOptions>();
    auto* create = parent.add_subcommand("create", "Add one");
    add_name(*create, *created);
    create->add_option("--description", created->description, "What it is for; at most 1000 characters")
        ->type_name("D");
    create->callback([created, word, services, &context] {
        const auto place = services(context).create(created->name, created->description);
        report(context, place, fmt::format("Created the {} '{}'.", word, place.name));
    });
    auto* all = parent.add_subcommand("list", "List them by name");
    all->callback([services, &context] { list(context, services(context).list()); });
    auto shown = std::make_shared<PlaceOptions>();
    auto* one = parent.add_subcommand("show", "Show one");
    add_name(*one, *shown);
    one->callback([shown, services, &context] { show(context, services(context).get(shown->name)); });
}

}  // namespace

void add_project(CLI::App& app, Context& context) {
    auto* project = app.add_subcommand("project", "Namespaces; what is in `global` is seen from all of them");
    project->require_subcommand(1);
    add_common(*project, context, "project",
               [](Context& c) -> service::Projects& { return c.workspace().projects(); });
    auto options = std::make_shared<PlaceOptions>();
    auto* verb = project->add_subcommand("delete", "Delete a project that holds nothing");
    add_name(*verb, *options);
    verb->callback([options, &context] {
        context.workspace().projects().remove(options->name);
        report_deleted(context, "project", options->name);
    });
}

void add_environment(CLI::App& app, Context& context) {
    auto* environment =
        app.add_subcommand("environment", "Names for sets of variables, the same for all projects");
    environment->require_subcommand(1);
    add_common(*environment, context, "environment",
               [](Context& c) -> service::Environments& { return c.workspace().environments(); });
    auto options = std::make_shared<PlaceOptions>();
    auto* verb = environment->add_subcommand("delete", "Delete an environment that no variable has a value for");
    add_name(*verb, *options);
    verb->add_flag("--force", options->force, "Delete the values for it too");
    verb->callback([options, &context] {
        context.workspace().environments().remove(options->name, options->force);
        report_deleted(context, "environment", options->name);
    });
}

}  // namespace fairlead::cli

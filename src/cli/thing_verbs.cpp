#include "cli/thing_verbs.hpp"

#include <fmt/format.h>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "base/error_json.hpp"
#include "catalog/kinds.hpp"
#include "cli/table.hpp"
#include "service/workspace.hpp"

namespace fairlead::cli {
namespace {

namespace json = boost::json;
using catalog::Kind;
using service::Changed;
using service::Things;

struct ThingOptions {
    std::string name;
    std::string other;  ///< a new name, or a project
    std::int64_t revision = 0;
    std::optional<std::int64_t> expected;
    bool force = false;
};

/// What the verbs of one kind share.
struct Verbs {
    CLI::App& parent;
    Context& context;
    Kind kind;

    /// A verb with the name of a thing, and what it does.
    template <class Work>
    std::pair<CLI::App*, std::shared_ptr<ThingOptions>> add(const char* verb, const std::string& help, Work work,
                                                            const std::string& label = "NAME") const {
        auto options = std::make_shared<ThingOptions>();
        auto* added = parent.add_subcommand(verb, help);
        add_thing_name(*added, kind, options->name, label);
        added->callback([options, work = std::move(work), verbs = *this] {
            Things things(verbs.context.workspace());
            work(verbs, things, verbs.context.options.project, *options);
        });
        return {added, options};
    }

    void report(const Changed& changed, const std::string& sentence) const { report_change(context, changed, sentence); }
};

void add_expected(CLI::App& verb, const std::shared_ptr<ThingOptions>& options) {
    add_optional(verb, "--if-revision", options->expected, "Only if it is still at this revision")->type_name("N");
}

void add_naming(const Verbs& verbs) {
    const auto one = with_article(verbs.kind);
    const auto [rename, renaming] = verbs.add(
        "rename", fmt::format("Give {} another name; what uses it follows", one),
        [](const Verbs& v, Things& things, const std::string& project, const ThingOptions& o) {
            const auto changed = things.rename(v.kind, project, o.name, o.other, o.expected);
            v.report(changed, fmt::format("The {} is called '{}' now.", to_string(v.kind), changed.resource.name));
        },
        "OLD");
    rename->add_option("NEW", renaming->other, "Its new name")->required()->type_name("");
    add_expected(*rename, renaming);
    const auto [duplicate, copying] = verbs.add(
        "duplicate", fmt::format("Copy {}, with its secrets, under another name", one),
        [](const Verbs& v, Things& things, const std::string& project, const ThingOptions& o) {
            const auto changed = things.duplicate(v.kind, project, o.name, o.other);
            v.report(changed, fmt::format("Created the {} '{}'.", to_string(v.kind), changed.resource.name));
        });
    duplicate->add_option("NEW", copying->other, "The copy's name")->required()->type_name("");
    const auto [move, moving] = verbs.add(
        "move", fmt::format("Move {} into another project, or to all with `global`", one),
        [](const Verbs& v, Things& things, const std::string& project, const ThingOptions& o) {
            const auto changed = things.move(v.kind, project, o.name, o.other, o.force, o.expected);
            v.report(changed, fmt::format("The {} '{}' is in the project '{}' now.", to_string(v.kind),
                                          changed.resource.name, changed.resource.record.project));
        });
    move->add_option("--to", moving->other, "The project")->required()->type_name("PROJECT");
    move->add_flag("--force", moving->force, "Even if something that uses it will not find it any more");
    add_expected(*move, moving);
}

void add_enabling(const Verbs& verbs, const char* word, bool enable) {
    const auto one = with_article(verbs.kind);
    const auto [verb, options] = verbs.add(
        word, enable ? fmt::format("Let {} be used again", one) : fmt::format("Refuse the use of {}, and keep it as it is", one),
        [enable](const Verbs& v, Things& things, const std::string& project, const ThingOptions& o) {
            const auto changed = things.set_enabled(v.kind, project, o.name, enable, o.expected);
            v.report(changed, fmt::format("The {} '{}' is {}.", to_string(v.kind), changed.resource.name,
                                          enable ? "enabled" : "disabled"));
        });
    add_expected(*verb, options);
}

void remove(const Verbs& v, Things& things, const std::string& project, const ThingOptions& o) {
    things.remove(v.kind, project, o.name, o.force, o.expected);
    if (v.context.options.json) return v.context.json(json::object{{"name", o.name}, {"deleted", true}});
    v.context.note(fmt::format("Deleted the {} '{}'.", to_string(v.kind), o.name));
}

void roll_back(const Verbs& v, Things& things, const std::string& project, const ThingOptions& o) {
    const auto changed = things.rollback(v.kind, project, o.name, o.revision, o.expected);
    v.report(changed, fmt::format("The {} '{}' is as it was at revision {} (now revision {}).", to_string(v.kind),
                                  changed.resource.name, o.revision, changed.resource.record.revision));
}

void used(const Verbs& v, Things& things, const std::string& project, const ThingOptions& o) {
    const auto users = things.users(v.kind, project, o.name);
    if (v.context.options.json) {
        json::array documents;
        for (const auto& user : users)
            documents.push_back(
                {{"kind", to_string(user.kind)}, {"project", user.record.project}, {"name", user.name}});
        return v.context.json(documents);
    }
    if (users.empty()) return v.context.note(fmt::format("Nothing uses the {} '{}'.", to_string(v.kind), o.name));
    Table table({"KIND", "NAME", "PROJECT"});
    for (const auto& user : users)
        table.add({std::string(to_string(user.kind)), user.name, user.record.project});
    v.context.out(table.text(v.context.width()));
}

}  // namespace

void report_change(Context& context, const Changed& changed, const std::string& sentence) {
    for (const auto& warning : changed.warnings)
        context.warn(warning.value.empty() ? fmt::format("{} {}", warning.field, warning.problem)
                                           : fmt::format("{} '{}' {}", warning.field, warning.value, warning.problem));
    if (!context.options.json) return context.note(sentence);
    auto document = catalog::row_of(changed.resource.kind).document(changed.resource);
    document["warnings"] = to_json(changed.warnings);
    context.json(document);
}

std::string with_article(Kind kind) {
    const auto word = to_string(kind);
    return fmt::format("{} {}", std::string_view("aeiou").find(word.front()) != std::string_view::npos ? "an" : "a", word);
}

CLI::Option* add_thing_name(CLI::App& verb, Kind kind, std::string& target, const std::string& label) {
    return verb.add_option(label, target, fmt::format("The name of a saved {}", to_string(kind)))
        ->required()
        ->type_name("");
}

void add_thing_verbs(CLI::App& parent, Context& context, Kind kind) {
    const Verbs verbs{parent, context, kind};
    const auto one = with_article(kind);
    add_naming(verbs);
    add_enabling(verbs, "enable", true);
    add_enabling(verbs, "disable", false);
    add_thing_history(parent, context, kind);
    const auto [rollback, rolling] = verbs.add(
        "rollback", fmt::format("Make {} what it was at an earlier revision; name, project and secrets stay", one),
        roll_back);
    rollback->add_option("--to", rolling->revision, fmt::format("A number that `{} history` shows", to_string(kind)))
        ->required()
        ->type_name("REVISION");
    add_expected(*rollback, rolling);
    verbs.add("used", fmt::format("List what uses {}", one), used);
}

void add_thing_enabling(CLI::App& parent, Context& context, Kind kind, const char* word, bool enable) {
    add_enabling({parent, context, kind}, word, enable);
}

void add_thing_delete(CLI::App& parent, Context& context, Kind kind, const std::string& help) {
    const Verbs verbs{parent, context, kind};
    const auto usual =
        fmt::format("Forget {} and its secrets; what was done with it stays in the audit", with_article(kind));
    const auto [deletion, deleting] = verbs.add("delete", help.empty() ? usual : help, remove);
    deletion->add_flag("--force", deleting->force, "Even if something uses it");
    add_expected(*deletion, deleting);
}

}  // namespace fairlead::cli

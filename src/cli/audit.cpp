// audit list

#include <fmt/format.h>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "base/quantity.hpp"
#include "cli/table.hpp"
#include "cli/verbs.hpp"
#include "service/history.hpp"
#include "service/stamp.hpp"
#include "service/workspace.hpp"
#include "store/store.hpp"

namespace fairlead::cli {
namespace {

namespace json = boost::json;

struct AuditOptions {
    std::string since, until;
    store::AuditQuery query;
    bool this_project = false;
};

void list(Context& context, AuditOptions options) {
    auto& query = options.query;
    if (!options.since.empty()) query.since = parse_age(options.since, service::now(), "--since");
    if (!options.until.empty()) query.until = parse_age(options.until, service::now(), "--until");
    if (!query.kind.empty()) (void)catalog::parse_kind(query.kind);  // refuses a word that is none
    if (options.this_project) query.project = context.options.project;
    const auto entries = context.workspace().store().audit().list(query);
    if (context.options.json) {
        json::array documents;
        for (const auto& entry : entries)
            documents.push_back(service::to_json(entry));
        return context.json(documents);
    }
    Table table({"AT", "WHO", "VIA", "ACTION", "KIND", "NAME", "PROJECT", "REVISION"});
    for (const auto& entry : entries)
        table.add({to_rfc3339(entry.at), entry.by, entry.via, entry.action, entry.kind, entry.name, entry.project,
                   entry.revision == 0 ? "" : std::to_string(entry.revision)});
    context.out(table.text(context.width()));
    if (entries.size() == query.limit && query.limit != 0)
        context.note(fmt::format("There may be more; go on with --before {}.", entries.back().sequence));
}

}  // namespace

void add_audit(CLI::App& app, Context& context) {
    auto* audit = app.add_subcommand("audit", "What was changed, by whom and when");
    audit->require_subcommand(1);
    auto options = std::make_shared<AuditOptions>();
    auto& query = options->query;
    auto* verb = audit->add_subcommand("list", "List changes, newest first; every condition that is given must hold");
    verb->add_option("--since", options->since, "From this time on, or not older than this (2h, 3d)")->type_name("TIME");
    verb->add_option("--until", options->until, "Before this time")->type_name("TIME");
    verb->add_option("--who", query.by, "By this user")->type_name("USER");
    verb->add_option("--kind", query.kind, "Of this kind of thing")
        ->type_name("connection|variable|environment|project|...");
    verb->add_option("--name", query.name, "Of the thing with this name")->type_name("NAME");
    verb->add_option("--action", query.action, "This is what was done")
        ->type_name("create|update|rename|move|enable|disable|rollback|import|rotate|delete");
    verb->add_option("--text", query.text, "With this in the name, the user or the action")->type_name("TEXT");
    verb->add_flag("--in-project", options->this_project, "Only in the project of --project");
    verb->add_option("--limit", query.limit, "How many at most; 0: all")->capture_default_str()->type_name("N");
    add_optional(*verb, "--before", query.before, "Older than the entry with this sequence, for the next page")
        ->type_name("N");
    verb->callback([options, &context] { list(context, *options); });
}

}  // namespace fairlead::cli

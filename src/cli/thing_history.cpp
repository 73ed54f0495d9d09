// NOUN history

#include <fmt/format.h>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "base/utf8.hpp"
#include "cli/table.hpp"
#include "cli/thing_verbs.hpp"
#include "service/history.hpp"
#include "service/workspace.hpp"

namespace fairlead::cli {
namespace {

namespace json = boost::json;

std::string shown(const json::value& value) {
    if (value.is_null()) return "-";
    if (!value.is_string()) return json::serialize(value);
    const auto& text = value.get_string();
    if (text.find('\n') != json::string::npos) return "(PEM)";
    return text.empty() ? "\"\"" : to_printable(std::string_view(text));
}

std::string changes_text(const store::Revision& revision, const store::Revision* before) {
    std::string text;
    const auto add = [&text](const std::string& part) { text += (text.empty() ? "" : "; ") + part; };
    for (const auto& change : service::changes_of(revision, before))
        add(fmt::format("{}: {} → {}", change.field, shown(change.before), shown(change.after)));
    for (const auto& field : revision.changed_secrets)
        add(fmt::format("{}: (secret)", field));
    return text;
}

void history(Context& context, catalog::Kind kind, const std::string& name) {
    const auto revisions = service::Things(context.workspace()).history(kind, context.options.project, name);
    if (context.options.json) return context.json(service::history_to_json(revisions));
    Table table({"REVISION", "CHANGE", "AT", "BY", "WHAT"});
    for (std::size_t i = 0; i < revisions.size(); ++i) {
        const auto& r = revisions[i];
        table.add({std::to_string(r.number), std::string(store::to_string(r.change)),
                   to_rfc3339(r.resource.record.updated_at), r.resource.record.updated_by,
                   changes_text(r, i + 1 < revisions.size() ? &revisions[i + 1] : nullptr)});
    }
    context.out(table.text(context.width()));
}

}  // namespace

void add_thing_history(CLI::App& parent, Context& context, catalog::Kind kind) {
    auto name = std::make_shared<std::string>();
    auto* verb = parent.add_subcommand(
        "history", fmt::format("List the changes of {}, newest first, field by field", with_article(kind)));
    add_thing_name(*verb, kind, *name);
    verb->callback([name, kind, &context] { history(context, kind, *name); });
}

}  // namespace fairlead::cli

// letters: list, replay, drop; alerts. Of monitors, flows and operations.

#include "cli/letters.hpp"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "base/utf8.hpp"
#include "cli/thing_verbs.hpp"
#include "monitor/letters.hpp"
#include "service/alerts.hpp"
#include "service/things.hpp"
#include "service/workspace.hpp"
#include "store/store.hpp"

namespace fairlead::cli {
namespace {

namespace json = boost::json;
using catalog::Kind;

constexpr std::size_t kPage = 500;

struct LettersOptions {
    std::string name;
    std::string id;
    bool replay = false, drop = false;
};

std::string text_of(const json::value& value) {
    return to_printable(std::string_view(value.as_string()));
}

/// What an event says: which change, or which type; and of what.
std::pair<std::string, std::string> said_by(const json::object& event) {
    if (event.contains("event")) return {text_of(event.at("event")), text_of(event.at("path"))};
    return {text_of(event.at("type")), text_of(event.at("data").at("message"))};
}

void list(Context& context, const catalog::Resource& of) {
    for (std::uint64_t after = 0;;) {
        const auto page = monitor::letters_of(context.workspace().store(), of, after, kPage);
        for (const auto& item : page.at("items").as_array()) {
            const auto& event = item.at("event").as_object();
            if (context.options.json) {
                context.json(item);
                continue;
            }
            const auto [what, about] = said_by(event);
            context.print(fmt::format("{}\t{}\t{}\t{} attempts: {}", text_of(event.at("id")), what, about,
                                      json::serialize(item.at("attempts")), text_of(item.at("problem"))));
        }
        if (page.at("next").is_null()) return;
        after = std::stoull(std::string(page.at("next").as_string()));
    }
}

void change(Context& context, const catalog::Resource& of, const LettersOptions& options) {
    const auto count = monitor::change_letters(context.workspace().store(), of, options.id, options.replay);
    context.note(fmt::format("{} dead letters {}.", count,
                             options.replay ? "are to be delivered again" : "were dropped"));
}

void show_alerts(const std::string& name, std::size_t limit, Kind kind, Context& context) {
    const auto id = service::Things(context.workspace()).get(kind, context.options.project, name).record.id;
    const auto found = service::alerts_of(context.workspace().store(), id, limit);
    if (context.options.json) return context.json(found);
    for (const auto& one : found)
        context.print(fmt::format("{}\t{}\t{}", text_of(one.at("at")), text_of(one.at("state")),
                                  text_of(one.at("event").at("data").at("message"))));
    if (found.empty()) context.note("There is nothing to tell.");
}

}  // namespace

void add_letters(CLI::App& parent, Context& context, Kind kind) {
    auto options = std::make_shared<LettersOptions>();
    auto* verb = parent.add_subcommand(
        "letters", "Show the events that a receiver has not taken after all attempts, deliver them again, or drop them");
    add_thing_name(*verb, kind, options->name);
    verb->add_option("EVENT", options->id, "Only the one with this id")->type_name("");
    auto* replay = verb->add_flag("--replay", options->replay, "Deliver them again");
    verb->add_flag("--drop", options->drop, "Forget them")->excludes(replay);
    verb->callback([options, &context, kind] {
        const auto thing = service::Things(context.workspace()).get(kind, context.options.project, options->name);
        if (options->replay || options->drop)
            change(context, thing, *options);
        else
            list(context, thing);
    });
}

void add_alerts(CLI::App& parent, Context& context, Kind kind) {
    auto name = std::make_shared<std::string>();
    auto limit = std::make_shared<std::size_t>(100);
    auto* verb = parent.add_subcommand("alerts", "What was told, or is to be told, of it, newest first");
    add_thing_name(*verb, kind, *name);
    verb->add_option("--limit", *limit, "How many at most")->capture_default_str();
    verb->callback([name, limit, &context, kind] { show_alerts(*name, *limit, kind, context); });
}

}  // namespace fairlead::cli

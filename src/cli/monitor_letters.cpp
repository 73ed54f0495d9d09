// monitor letters: list, replay, drop

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "base/utf8.hpp"
#include "cli/monitor.hpp"
#include "cli/thing_verbs.hpp"
#include "monitor/monitor_state.hpp"
#include "service/monitors.hpp"
#include "service/workspace.hpp"
#include "store/event_store.hpp"
#include "store/store.hpp"

namespace fairlead::cli {
namespace {

namespace json = boost::json;

constexpr std::size_t kPage = 500;

struct LettersOptions {
    std::string name;
    std::string id;
    bool replay = false, drop = false;
};

void list(Context& context, const catalog::Monitor& monitor) {
    for (std::uint64_t after = 0;;) {
        const auto page = monitor::dead_letters_of(context.workspace().store(), monitor, after, kPage);
        for (const auto& item : page.at("items").as_array()) {
            const auto& event = item.at("event").as_object();
            if (context.options.json)
                context.json(item);
            else
                context.print(fmt::format("{}\t{}\t{}\t{} attempts: {}", std::string_view(event.at("id").as_string()),
                                          std::string_view(event.at("event").as_string()),
                                          to_printable(std::string_view(event.at("path").as_string())),
                                          json::serialize(item.at("attempts")),
                                          to_printable(std::string_view(item.at("problem").as_string()))));
        }
        if (page.at("next").is_null()) return;
        after = std::stoull(std::string(page.at("next").as_string()));
    }
}

void change(Context& context, const catalog::Monitor& monitor, const LettersOptions& options) {
    auto& events = context.workspace().store().events();
    const auto changed = options.replay
                             ? events.replay(service::Monitors::webhook_consumer(monitor), options.id)
                             : events.drop(service::Monitors::webhook_consumer(monitor), options.id);
    if (changed == 0 && !options.id.empty())
        throw Error(ErrorCode::not_found,
                    fmt::format("The monitor '{}' has no dead letter '{}'.", monitor.name, options.id));
    context.note(fmt::format("{} dead letters {}.", changed,
                             options.replay ? "are to be delivered again" : "were dropped"));
}

}  // namespace

void add_monitor_letters(CLI::App& monitor, Context& context) {
    auto options = std::make_shared<LettersOptions>();
    auto* verb = monitor.add_subcommand(
        "letters", "Show the events that a webhook has not taken after all attempts, deliver them again, or drop them");
    add_thing_name(*verb, catalog::Kind::monitor, options->name);
    verb->add_option("EVENT", options->id, "Only the one with this id")->type_name("");
    auto* replay = verb->add_flag("--replay", options->replay, "Deliver them again");
    verb->add_flag("--drop", options->drop, "Forget them")->excludes(replay);
    verb->callback([options, &context] {
        const auto monitor = service::Monitors(context.workspace()).get(context.options.project, options->name);
        if (options->replay || options->drop)
            change(context, monitor, *options);
        else
            list(context, monitor);
    });
}

}  // namespace fairlead::cli

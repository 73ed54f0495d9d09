#include "base/quantity.hpp"
#include "base/utf8.hpp"
#include "cli/entry_lines.hpp"
#include "cli/items.hpp"
#include "cli/places.hpp"
#include "cli/verbs.hpp"

namespace fairlead::cli {
namespace {

struct StatOptions {
    std::vector<std::string> locations;
    std::shared_ptr<ConnectionFlags> flags;
};

void print_facts(Context& context, const Entry& entry) {
    const auto line = [&](std::string_view label, std::string_view value) {
        context.print(fmt::format("{:>9}: {}", label, value));
    };
    line("path", context.out_is_terminal() ? to_printable(entry.path) : entry.path);
    line("type", to_string(entry.type));
    if (entry.size) line("size", fmt::format("{} ({})", *entry.size, format_size(*entry.size)));
    if (entry.modified)
        line("modified",
             fmt::format("{} UTC, to the {}", shown_time(entry), to_string(entry.modified_precision)));
    if (entry.mode) line("mode", fmt::format("{:04o} ({})", *entry.mode, shown_mode(entry)));
    if (entry.owner) line("owner", to_printable(*entry.owner));
    if (entry.group) line("group", to_printable(*entry.group));
    if (entry.target) line("target", to_printable(*entry.target));
}

awaitable<void> show(Context& context, Places& places, const std::string& location) {
    const auto place = places.at(location);
    auto lease = co_await place.sessions->take();
    const auto entry = co_await lease.files().stat(place.path);
    if (!context.options.json) {
        print_facts(context, entry);
        co_return;
    }
    Lines lines(context);
    lines.json(entry);
    lines.flush();
}

}  // namespace

void add_stat(CLI::App& app, Context& context) {
    auto options = std::make_shared<StatOptions>();
    auto* verb = app.add_subcommand("stat", "Show what is known about files and directories");
    verb->add_option("LOC", options->locations, "What to look at")->required()->type_name("");
    options->flags = add_session_options(*verb);
    verb->callback([options, &context] {
        with_places(context, *options->flags, 1, [&](Places& places) {
            return for_each_item(context, options->locations, [&](const std::string& location) {
                return show(context, places, location);
            });
        });
    });
}

}  // namespace fairlead::cli

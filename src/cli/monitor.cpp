// monitor list, show, reset, state, files, events

#include "cli/monitor.hpp"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "base/quantity.hpp"
#include "base/utf8.hpp"
#include "cli/bundle.hpp"
#include "cli/table.hpp"
#include "cli/letters.hpp"
#include "cli/thing_verbs.hpp"
#include "cli/verbs.hpp"
#include "monitor/monitor_state.hpp"
#include "service/monitors.hpp"
#include "service/stamp.hpp"
#include "service/workspace.hpp"

namespace fairlead::cli {
namespace {

namespace json = boost::json;
using catalog::Kind;
using service::Monitors;

constexpr std::size_t kPage = 500;

std::string text_of(const json::value& value) {
    if (value.is_null()) return "-";
    return value.is_string() ? std::string(value.get_string()) : json::serialize(value);
}

void list_monitors(Context& context) {
    auto& store = context.workspace().store();
    const auto found = Monitors(context.workspace()).list(context.options.project);
    json::array documents;
    Table table({"NAME", "CONNECTION", "PATH", "STATE", "NEXT LOOK"});
    for (const auto& monitor : found) {
        auto state = monitor::state_of(store, monitor, service::now());
        table.add({monitor.name, monitor.connection, monitor.path, text_of(state.at("state")),
                   text_of(state.at("nextLook"))});
        if (!context.options.json) continue;
        auto document = catalog::to_json(monitor);
        document["state"] = state.at("state");
        document["nextLook"] = state.at("nextLook");
        documents.push_back(std::move(document));
    }
    if (context.options.json) return context.json(documents);
    if (found.empty()) return context.note("There are no monitors.");
    context.out(table.text(context.width()));
}

void show(Context& context, const json::object& document) {
    if (context.options.json) return context.json(document);
    for (const auto& [key, value] : document) {
        const bool empty = value.is_null() || (value.is_string() && value.get_string().empty()) ||
                           (value.is_array() && value.get_array().empty()) ||
                           (value.is_bool() && !value.get_bool() && key != "enabled");
        if (!empty) context.print(fmt::format("{:<18} {}", std::string_view(key), to_printable(text_of(value))));
    }
}

/// All pages of a list, one line for each item.
void print_pages(Context& context, const std::function<json::object(const std::string& after)>& page,
                 const std::function<std::string(const json::object&)>& line) {
    for (std::string after;;) {
        const auto document = page(after);
        for (const auto& item : document.at("items").as_array())
            context.print(context.options.json ? json::serialize(item) : line(item.as_object()));
        const auto& next = document.at("next");
        if (next.is_null()) return;
        after = next.as_string();
    }
}

std::string file_line(const json::object& item) {
    const auto& entry = item.at("entry").as_object();
    auto line = to_printable(text_of(entry.at("path")));
    if (const auto* size = entry.at("size").if_int64())
        line += "\t" + format_size(static_cast<std::uint64_t>(*size));
    if (!item.at("waiting").is_null())
        line += fmt::format("\t{}, not told: {}", text_of(item.at("waiting")), to_printable(text_of(item.at("why"))));
    return line;
}

std::string event_line(const json::object& event) {
    auto line = fmt::format("{}\t{}\t{}\t{}", text_of(event.at("sequence")), text_of(event.at("at")),
                            text_of(event.at("event")), to_printable(text_of(event.at("path"))));
    if (const auto* previous = event.if_contains("previousPath"))
        line += "\tfrom " + to_printable(text_of(*previous));
    return line;
}

std::uint64_t number_of(const std::string& after) {
    return after.empty() ? 0 : std::stoull(after);
}

using Work = void (*)(Context& context, const std::string& name);

void add_simple(CLI::App& monitor, Context& context, const std::string& verb_name, const std::string& help,
                Work work) {
    auto name = std::make_shared<std::string>();
    auto* verb = monitor.add_subcommand(verb_name, help);
    add_thing_name(*verb, Kind::monitor, *name);
    verb->callback([name, work, &context] { work(context, *name); });
}

void show_state(Context& context, const std::string& name) {
    const auto monitor = Monitors(context.workspace()).get(context.options.project, name);
    show(context, monitor::state_of(context.workspace().store(), monitor, service::now()));
}

void show_files(Context& context, const std::string& name) {
    const auto monitor = Monitors(context.workspace()).get(context.options.project, name);
    print_pages(
        context,
        [&](const std::string& after) {
            return monitor::files_of(context.workspace().store(), monitor, after, kPage, service::now());
        },
        file_line);
}

void show_events(Context& context, const std::string& name) {
    const auto monitor = Monitors(context.workspace()).get(context.options.project, name);
    print_pages(
        context,
        [&](const std::string& after) {
            return monitor::events_of(context.workspace().store(), monitor, number_of(after), kPage);
        },
        event_line);
}

std::string_view help_of(const std::string& path) {
    for (const auto& [field, type] : catalog::monitor_fields())
        if (field.name == path) return field.help;
    return {};
}

}  // namespace

void add_monitor(CLI::App& app, Context& context) {
    auto* monitor = app.add_subcommand(
        "monitor", "Watch files of connections for as long as a daemon runs, and send events of what changes");
    monitor->require_subcommand(1);
    add_thing_create(*monitor, context, Kind::monitor, "Define a monitor; a daemon (serve) looks for it", monitor_flags());
    auto* list = monitor->add_subcommand("list", "Show the monitors of the project, and how they are");
    list->callback([&context] { list_monitors(context); });
    add_simple(*monitor, context, "show", "Show the fields of a monitor",
               [](Context& c, const std::string& name) {
                   show(c, catalog::to_json(Monitors(c.workspace()).get(c.options.project, name)));
               });
    add_thing_update(*monitor, context, Kind::monitor, monitor_flags());
    add_thing_edit(*monitor, context, Kind::monitor, help_of);
    add_thing_verbs(*monitor, context, Kind::monitor);
    add_thing_enabling(*monitor, context, Kind::monitor, "start", true);
    add_thing_enabling(*monitor, context, Kind::monitor, "stop", false);
    add_thing_delete(*monitor, context, Kind::monitor, "Delete a monitor with all that it knows, and its events");
    add_export(*monitor, context, Kind::monitor);
    add_import(*monitor, context);
    add_simple(*monitor, context, "reset", "Forget what a monitor has seen: its next look is a first one",
               [](Context& c, const std::string& name) {
                   Monitors(c.workspace()).reset(c.options.project, name);
                   c.note(fmt::format("The monitor '{}' knows nothing any more.", name));
               });
    add_monitor_run(*monitor, context);
    add_simple(*monitor, context, "state", "Say how a monitor is, and why", &show_state);
    add_simple(*monitor, context, "files", "Show what a monitor knows of each file, and why each one waits",
               &show_files);
    add_simple(*monitor, context, "events", "Show the events of a monitor that are still kept", &show_events);
    add_letters(*monitor, context, Kind::monitor);
}

}  // namespace fairlead::cli

// flow create, update, enable, disable, delete

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>

#include "base/error_json.hpp"
#include "catalog/flow.hpp"
#include "cli/flow.hpp"
#include "cli/json_text.hpp"
#include "cli/operation.hpp"
#include "service/flows.hpp"
#include "service/location.hpp"
#include "service/workspace.hpp"

namespace fairlead::cli {
namespace {

namespace json = boost::json;

struct ChangeOptions {
    std::string name;
    std::string from;              ///< a JSON file with fields
    std::vector<std::string> set;  ///< FIELD=VALUE
    std::string source;
    std::vector<std::string> targets;
    json::object fields;       ///< what the flags say
    json::object target_each;  ///< what they say of every --target
};

/// Puts a value at "source.path"; what is on the way and no object becomes one.
void put(json::object& object, std::string_view path, json::value value) {
    const auto dot = path.find('.');
    if (dot == std::string_view::npos) {
        object[path] = std::move(value);
        return;
    }
    auto& inner = object[path.substr(0, dot)];
    if (!inner.is_object()) inner.emplace_object();
    put(inner.get_object(), path.substr(dot + 1), std::move(value));
}

/// Lays `over` over `base`, members of objects one by one.
void merge(json::object& base, const json::object& over) {
    for (const auto& [key, value] : over) {
        auto& there = base[key];
        if (there.is_object() && value.is_object())
            merge(there.get_object(), value.get_object());
        else
            there = value;
    }
}

json::object place_of(const std::string& text, const std::string& flag, bool target) {
    const auto location = service::parse_location(text);
    const bool local = location.kind == service::Location::Kind::local;
    if (!local && location.kind != service::Location::Kind::connection) {
        Error error(ErrorCode::invalid_argument, fmt::format("--{} '{}' is not a place for a flow.", flag, text));
        error.faults.push_back({flag, text, "must be CONNECTION:path or a folder of this machine"});
        throw error;
    }
    json::object place;
    place["connection"] = location.connection;
    auto path = local ? std::filesystem::absolute(location.path).lexically_normal().string() : location.path;
    const bool directory = location.ends_in_slash || text.ends_with('/') || text.ends_with(':');
    if (target && directory && !path.ends_with('/')) path += '/';
    place["path"] = path;
    return place;
}

void add_fields(CLI::App& verb, const std::shared_ptr<ChangeOptions>& options) {
    auto* fields = &options->fields;
    auto* each = &options->target_each;
    verb.add_option("--source", options->source, "Where files come from: CONNECTION:path, or a folder of this machine")
        ->type_name("LOC");
    verb.add_option("--target", options->targets,
                    "Where files go: CONNECTION:path or a local path, with places such as {date}, {stem}, {counter}; "
                    "ending in / a directory; several are allowed, and replace those that were there")
        ->type_name("LOC")
        ->take_all()
        ->allow_extra_args(false);
    const auto text = [&](const char* flag, const char* field, const char* help, const char* type, json::object* into) {
        verb.add_option_function<std::string>(
                flag, [into, field](const std::string& value) { put(*into, field, json::value(value)); }, help)
            ->type_name(type);
    };
    const auto texts = [&](const char* flag, const char* field, const char* help, const char* type) {
        verb.add_option_function<std::vector<std::string>>(
                flag,
                [fields, field](const std::vector<std::string>& values) {
                    put(*fields, field, json::array(values.begin(), values.end()));
                },
                help)
            ->type_name(type)
            ->allow_extra_args(false);
    };
    const auto flag = [&](const char* names, const char* field, const char* help, json::object* into) {
        verb.add_flag_function(
            names, [into, field](std::int64_t count) { put(*into, field, count > 0); }, help);
    };
    texts("--pattern", "source.patterns", "Names of the files to take, such as *.csv; several are allowed", "GLOB");
    texts("--exclude", "source.exclude", "Names to leave alone", "GLOB");
    flag("-r,--recursive,!--no-recursive", "source.recursive", "Look into subdirectories too", fields);
    text("--settle", "source.settle", "Take a file once it has been the same for so long", "TIME", fields);
    text("--marker", "source.marker", "Take a file once this one is beside it, such as {name}.done", "NAME", fields);
    flag("--content-hash,!--no-content-hash", "source.contentHash", "Tell versions apart by content, too", fields);
    text("--afterwards", "source.afterwards", "keep, delete, move or rename what every target has", "WHAT", fields);
    text("--move-to", "source.moveTo", "For move: the directory", "DIR", fields);
    text("--rename-to", "source.renameTo", "For rename: the new name", "NAME", fields);
    text("--quarantine", "source.quarantine", "The directory for files that cannot be delivered", "DIR", fields);
    text("--if-exists", "ifExists", "Of each --target: overwrite, fail, skip, append, rename, newer or different",
         "WHAT", each);
    text("--staging-directory", "stagingDirectory", "Of each --target: where a file is kept until it is complete", "DIR",
         each);
    text("--temporary-extension", "temporaryExtension", "Of each --target: of a file that is not complete", "EXT", each);
    flag("--checksum", "checksum", "Of each --target: prove the content at both ends", each);
    flag("--preserve", "preserve", "Of each --target: give files the time of the source", each);
    text("--parallel", "limits.parallel", "Files under way at once", "N", fields);
    text("--attempts", "retry.attempts", "How often one file is tried in one run", "N", fields);
    text("--give-up-after", "retry.giveUpAfter", "In how many runs a file may fail", "N", fields);
    text("--cron", "schedule.cron", "When it runs: minute hour day month weekday, or Quartz's six or seven fields", "CRON",
         fields);
    text("--every", "schedule.every", "Run again and again, such as 15m or 1d", "TIME", fields);
    text("--start", "schedule.start", "Not before this time", "WHEN", fields);
    text("--end", "schedule.end", "Not from this time on", "WHEN", fields);
    texts("--except", "schedule.except", "A day without runs: 2026-12-25, 12-25, saturday", "DAY");
    text("--missed", "schedule.missed", "Times at which no daemon ran: skip, once or all", "WHAT", fields);
    text("--overlap", "schedule.overlap", "When the run before is not over: skip, queue or replace", "WHAT", fields);
    verb.add_flag_callback(
        "--no-schedule", [fields] { (*fields)["schedule"] = nullptr; }, "Take the schedule away");
    texts("--after", "triggers.after", "Run when this flow has run; several are allowed", "FLOW");
    text("--monitor", "triggers.monitor", "Run when this monitor has seen something", "MONITOR", fields);
    text("--zone", "zone", "The time zone of dates, such as Europe/Berlin", "ZONE", fields);
    text("--description", "description", "For people", "TEXT", fields);
    texts("--tag", "tags", "Words to find it by", "WORD");
    verb.add_option("--from", options->from, "A JSON file with fields (comments are allowed); - for standard input")
        ->type_name("FILE");
    verb.add_option("--set", options->set, "Any field by its name in JSON, such as limits.files=100")
        ->type_name("FIELD=VALUE")
        ->take_all()
        ->allow_extra_args(false);
}

std::string read_all(const std::string& file) {
    std::ifstream stream;
    if (file != "-") stream.open(file, std::ios::binary);
    std::istream& from = file == "-" ? std::cin : stream;
    if (!from) throw Error(ErrorCode::not_found, fmt::format("The file '{}' cannot be read.", file)).on(file);
    return {std::istreambuf_iterator<char>(from), {}};
}

json::object fields_of(const ChangeOptions& options) {
    json::object fields;
    if (!options.from.empty()) fields = parse_relaxed(read_all(options.from));
    fields.erase("name");
    if (!options.source.empty()) merge(fields, {{"source", place_of(options.source, "source", false)}});
    merge(fields, options.fields);
    if (!options.targets.empty()) {
        json::array targets;
        for (const auto& target : options.targets) {
            auto place = place_of(target, "target", true);
            merge(place, options.target_each);
            targets.push_back(std::move(place));
        }
        fields["targets"] = std::move(targets);
    } else if (!options.target_each.empty()) {
        Error error(ErrorCode::invalid_argument, "What is said of each target needs --target.");
        for (const auto& [name, value] : options.target_each)
            error.faults.push_back({std::string(name), "", "is said without --target"});
        throw error;
    }
    if (auto* schedule = fields.if_contains("schedule"); schedule != nullptr && schedule->is_object()) {
        // One way of saying when replaces the other.
        auto& when = schedule->get_object();
        if (when.contains("cron") && !when.contains("every")) when["every"] = nullptr;
        if (when.contains("every") && !when.contains("cron")) when["cron"] = nullptr;
    }
    for (const auto& assignment : options.set) {
        auto [name, value] = split_assignment(assignment, "set");
        put(fields, name, json::value(value));
    }
    return fields;
}

void report(Context& context, const service::SavedFlow& saved, const std::string& sentence) {
    for (const auto& warning : saved.warnings)
        context.warn(fmt::format("{} '{}' {}", warning.field, warning.value, warning.problem));
    if (!context.options.json) return context.note(sentence);
    auto document = catalog::to_json(saved.flow);
    document["warnings"] = to_json(saved.warnings);
    context.json(document);
}

}  // namespace

void add_flow_create(CLI::App& flow, Context& context) {
    auto options = std::make_shared<ChangeOptions>();
    auto* verb = flow.add_subcommand("create", "Define a flow");
    verb->add_option("NAME", options->name, "What to call it")->required()->type_name("");
    add_fields(*verb, options);
    verb->callback([options, &context] {
        service::Flows flows(context.workspace());
        const auto saved = flows.create(context.options.project, options->name, fields_of(*options));
        report(context, saved, fmt::format("Flow '{}' was made.", saved.flow.name));
    });
}

void add_flow_update(CLI::App& flow, Context& context) {
    auto options = std::make_shared<ChangeOptions>();
    auto* verb = flow.add_subcommand("update", "Change fields of a flow; the others stay");
    add_flow_name(*verb, options->name);
    add_fields(*verb, options);
    verb->callback([options, &context] {
        service::Flows flows(context.workspace());
        const auto saved = flows.update(context.options.project, options->name, fields_of(*options));
        report(context, saved, fmt::format("Flow '{}' was changed.", saved.flow.name));
    });
}

void add_flow_delete(CLI::App& flow, Context& context) {
    auto name = std::make_shared<std::string>();
    auto* verb = flow.add_subcommand("delete", "Remove a flow with what it knows of its files; its runs stay");
    add_flow_name(*verb, *name);
    verb->callback([name, &context] {
        service::Flows(context.workspace()).remove(context.options.project, *name);
        if (!context.options.json) context.note(fmt::format("Flow '{}' was deleted.", *name));
    });
}

}  // namespace fairlead::cli

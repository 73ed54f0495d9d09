// What `flow create` and `flow update` take

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <filesystem>

#include "base/quantity.hpp"
#include "cli/flow.hpp"
#include "cli/thing_change.hpp"
#include "fairlead/error.hpp"
#include "service/location.hpp"

namespace fairlead::cli {
namespace {

namespace json = boost::json;

struct FlowOptions {
    std::string source;
    std::vector<std::string> targets;
    json::object fields;       ///< what the flags say
    json::object target_each;  ///< what they say of every --target
};

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

void add_flags(CLI::App& verb, const std::shared_ptr<FlowOptions>& options) {
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
                flag, [into, field](const std::string& value) { put_field(*into, field, json::value(value)); }, help)
            ->type_name(type);
    };
    const auto texts = [&](const char* flag, const char* field, const char* help, const char* type) {
        return verb.add_option_function<std::vector<std::string>>(
                flag,
                [fields, field](const std::vector<std::string>& values) {
                    put_field(*fields, field, json::array(values.begin(), values.end()));
                },
                help)
            ->type_name(type)
            ->allow_extra_args(false);
    };
    const auto flag = [&](const char* names, const char* field, const char* help, json::object* into) {
        verb.add_flag_function(
            names, [into, field](std::int64_t count) { put_field(*into, field, count > 0); }, help);
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
    text("--retry-wait", "retry.wait", "How long to wait before the second attempt", "TIME", fields);
    text("--retry-longest-wait", "retry.longestWait", "Never wait longer than this between two attempts", "TIME", fields);
    text("--retry-factor", "retry.factor", "Each wait is so many times as long as the one before", "N", fields);
    text("--retry-jitter", "retry.jitter", "How many percent of each wait are left to chance", "PERCENT", fields);
    texts("--retry-errors", "retry.errors", "Try again only after these, such as connection_lost,timeout", "CODE,...")
        ->delimiter(',');
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
}

/// A document that is shown has "0s" where there are no steps; whoever says so here means something else.
void refuse_no_steps(const json::object& flags) {
    const auto* schedule = flags.if_contains("schedule");
    const auto* when = schedule == nullptr ? nullptr : schedule->if_object();
    const auto* every = when == nullptr ? nullptr : when->if_contains("every");
    if (every == nullptr || !every->is_string()) return;
    if (parse_duration(std::string_view(every->get_string()), "every").count() == 0)
        throw Error(ErrorCode::invalid_argument, "--every must be at least one second.")
            .hinting("--no-schedule takes the schedule away");
}

void lay(const FlowOptions& options, json::object& fields) {
    refuse_no_steps(options.fields);
    if (!options.source.empty()) merge_fields(fields, {{"source", place_of(options.source, "source", false)}});
    merge_fields(fields, options.fields);
    if (!options.targets.empty()) {
        json::array targets;
        for (const auto& target : options.targets) {
            auto place = place_of(target, "target", true);
            merge_fields(place, options.target_each);
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
}

}  // namespace

AddFieldFlags flow_flags() {
    return [](CLI::App& verb) {
        auto options = std::make_shared<FlowOptions>();
        add_flags(verb, options);
        return [options](json::object& fields) { lay(*options, fields); };
    };
}

}  // namespace fairlead::cli

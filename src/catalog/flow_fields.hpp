#pragma once

#include <concepts>
#include <type_traits>

#include "catalog/flow.hpp"

/// Calls `visit(description, member)` for every field, in the order of the documentation: what reading, writing
/// and describing flows share. A member that is a struct, or a list of them, has fields of its own.
namespace fairlead::catalog {

/// What has fields of its own.
template <class T>
concept FlowPart = std::same_as<T, Flow> || std::same_as<T, FlowSource> || std::same_as<T, FlowTarget> ||
                   std::same_as<T, FlowLimits> || std::same_as<T, FlowRetry> || std::same_as<T, Schedule> || std::same_as<T, FlowTriggers> ||
                   std::same_as<T, FlowStep> || std::same_as<T, FlowExpectation> ||
                   std::same_as<T, FlowNotify>;

inline constexpr std::string_view kIfExistsWords = "overwrite fail skip append rename newer different";

template <class Value, class Visitor>
    requires std::same_as<std::remove_const_t<Value>, FlowSource>
void for_each_field(Value& s, Visitor&& visit) {
    visit(FlowField{"connection", "The connection to take files from; empty: a folder of this machine"}, s.connection);
    visit(FlowField{"path", "The directory to look in, below the connection's working directory"}, s.path);
    visit(FlowField{"patterns", "Names of the files to take, such as *.csv; any of them; none: all"}, s.patterns);
    visit(FlowField{"exclude", "Names to leave alone, whatever else matches"}, s.exclude);
    visit(FlowField{"recursive", "Look into subdirectories too"}, s.recursive);
    visit(FlowField{"minSize", "In bytes; smaller files are left alone"}, s.min_size);
    visit(FlowField{"maxSize", "In bytes; larger files are left alone"}, s.max_size);
    visit(FlowField{"settle", "How long a file must have been seen with the same size and time before it is taken"},
          s.settle);
    visit(FlowField{"marker", "The file beside it that says that a file is complete, such as {name}.done; it is "
                              "removed with the file"},
          s.marker);
    visit(FlowField{"contentHash", "Tell versions apart by content, too: a file with the same size and time is read "
                                   "to see whether it is a new one"},
          s.content_hash);
    visit(FlowField{"afterwards", "What becomes of a file that every target has", "keep delete move rename"},
          s.afterwards);
    visit(FlowField{"moveTo", "For move: the directory, such as done/{date}; made if it is missing"}, s.move_to);
    visit(FlowField{"renameTo", "For rename: the new name, such as {name}.done"}, s.rename_to);
    visit(FlowField{"quarantine", "The directory for files that cannot be delivered; empty: they stay"}, s.quarantine);
}

template <class Value, class Visitor>
    requires std::same_as<std::remove_const_t<Value>, FlowTarget>
void for_each_field(Value& t, Visitor&& visit) {
    visit(FlowField{"name", "What the ledger knows the target by; unless it says, its connection's name"}, t.name);
    visit(FlowField{"connection", "The connection to deliver to; empty: a folder of this machine"}, t.connection);
    visit(FlowField{"path", "Where to, such as in/{date}/{stem}-{counter}{extension}; ending in / the file keeps its "
                            "name and the directories it was found in"},
          t.path);
    visit(FlowField{"ifExists", "When the file is there already", kIfExistsWords}, t.if_exists);
    visit(FlowField{"stagingDirectory", "An existing directory in which the file is kept until it is complete"},
          t.staging_directory);
    visit(FlowField{"temporaryExtension", "The end of the name that the file has until it is complete"},
          t.temporary_extension);
    visit(FlowField{"checksum", "Prove the content at both ends, by reading back where there is no other way"},
          t.checksum);
    visit(FlowField{"preserve", "Give the file the time of the source"}, t.preserve);
    visit(FlowField{"createDirectories", "Make the directories that are missing"}, t.create_directories);
}

template <class Value, class Visitor>
    requires std::same_as<std::remove_const_t<Value>, FlowStep>
void for_each_field(Value& s, Visitor&& visit) {
    visit(FlowField{"action", "What is done; checksum and marker put a small file beside each one that is delivered",
                    "gzip gunzip zstd unzstd zip unzip encrypt decrypt rename checksum marker"},
          s.action);
    visit(FlowField{"name", "For rename: the new name; for checksum ({name}.sha256) and marker ({name}.done): that of the file"},
          s.name);
    visit(FlowField{"level", "Of compression; 0: the usual", "", 0, 22}, s.level);
    visit(FlowField{"recipients", "For encrypt: whose OpenPGP keys, by address or fingerprint, as they are in the folder gnupg "
                                  "of the data directory"},
          s.recipients);
    visit(FlowField{"armor", "For encrypt: as text (.asc) in place of bytes (.pgp)"}, s.armor);
}

template <class Value, class Visitor>
    requires std::same_as<std::remove_const_t<Value>, FlowLimits>
void for_each_field(Value& l, Visitor&& visit) {
    visit(FlowField{"parallel", "Files under way at once", "", 1, 64}, l.parallel);
    visit(FlowField{"files", "Files begun in one run; what is left waits for the next"}, l.files);
    visit(FlowField{"bytes", "Bytes begun in one run; a file that does not fit any more waits for the next"}, l.bytes);
    visit(FlowField{"duration", "How long a run may take; what is under way then is gone on with by the next; 0s: as "
                                "long as it takes"},
          l.duration);
}

template <class Value, class Visitor>
    requires std::same_as<std::remove_const_t<Value>, FlowRetry>
void for_each_field(Value& r, Visitor&& visit) {
    visit(FlowField{"attempts", "How often one file is tried in one run; unless it says, as the connections do", "", 1,
                    1000},
          r.attempts);
    visit(FlowField{"wait", kRetryWaitHelp}, r.wait);
    visit(FlowField{"longestWait", kRetryLongestWaitHelp}, r.longest_wait);
    visit(FlowField{"factor", kRetryFactorHelp, "", 1, kMostRetryFactor}, r.factor);
    visit(FlowField{"jitter", kRetryJitterHelp, "", 0, 100}, r.jitter);
    visit(FlowField{"errors", kRetryErrorsHelp}, r.errors);
    visit(FlowField{"giveUpAfter", "In how many runs a file may fail before it is quarantined, or let alone until it is "
                                   "reset; 0: never",
                    "", 0, 1000},
          r.give_up_after);
}

template <class Value, class Visitor>
    requires std::same_as<std::remove_const_t<Value>, Schedule>
void for_each_field(Value& s, Visitor&& visit) {
    visit(FlowField{"cron", "Five fields as Unix has them (minute hour day month weekday), or six or seven as Quartz does "
                            "(second before, year after); @hourly, @daily, @weekly, @monthly, @yearly"},
          s.cron);
    visit(FlowField{"every", "Again and again, such as 90s, 15m, 1d or 2w, counted from start on"}, s.every);
    visit(FlowField{"start", "Not before this time; without cron and every: once, at this time"}, s.start);
    visit(FlowField{"end", "Not from this time on"}, s.end);
    visit(FlowField{"except", "Days without runs: 2026-12-25, 12-25 (each year), saturday, 2026-12-24/2027-01-01"},
          s.except);
    visit(FlowField{"missed", "What becomes of times at which no daemon ran: none of them, one run for all, or one each",
                    "skip once all"},
          s.missed);
    visit(FlowField{"overlap", "When the run before is not over: leave this one out, let it wait, or stop the one before",
                    "skip queue replace"},
          s.overlap);
}

template <class Value, class Visitor>
    requires std::same_as<std::remove_const_t<Value>, FlowTriggers>
void for_each_field(Value& t, Visitor&& visit) {
    visit(FlowField{"after", "Flows of the project: run when one of them has run"}, t.after);
    visit(FlowField{"afterState", "Only when that run succeeded, or however it ended", "succeeded ended"}, t.after_state);
    visit(FlowField{"monitor", "A monitor of the project: run when it has seen something"}, t.monitor);
}

template <class Value, class Visitor>
    requires std::same_as<std::remove_const_t<Value>, FlowExpectation>
void for_each_field(Value& e, Visitor&& visit) {
    visit(FlowField{"name", "What is expected, for people; unique in the flow"}, e.name);
    visit(FlowField{"patterns", "Names of the files that count, such as orders-*.csv; none: all of the flow's"}, e.patterns);
    visit(FlowField{"by", "Until when: 06:00 for each day, or a cron expression; times are those of the flow's zone"}, e.by);
    visit(FlowField{"files", "So many at least, delivered since the deadline before", "", 1, 1'000'000'000}, e.files);
    visit(FlowField{"bytes", "And so many bytes together at least"}, e.bytes);
    visit(FlowField{"warn", "So long before the deadline, tell that it is not met yet; 0s: do not"}, e.warn);
}

template <class Value, class Visitor>
    requires std::same_as<std::remove_const_t<Value>, FlowNotify>
void for_each_field(Value& n, Visitor&& visit) {
    visit(FlowField{"webhook", "A URL that is told, as CloudEvents 1.0 in JSON"}, n.webhook);
    visit(FlowField{"email", "Addresses that are told, by the daemon's mail server"}, n.email);
}

template <class Value, class Visitor>
    requires std::same_as<std::remove_const_t<Value>, Flow>
void for_each_field(Value& f, Visitor&& visit) {
    visit(FlowField{"name", "What it is called; unique in the project"}, f.name);
    visit(FlowField{"description", "For people"}, f.description);
    visit(FlowField{"enabled", "Whether it may run"}, f.enabled);
    visit(FlowField{"tags", "Words to find it by"}, f.tags);
    visit(FlowField{"source", "Where files come from"}, f.source);
    visit(FlowField{"steps", "What is done to each file in between, in this order, on this machine"}, f.steps);
    visit(FlowField{"readOnce", "Read the source once for all targets, at the pace of the slowest; false: each target has a reading of its own"},
          f.read_once);
    visit(FlowField{"targets", "Where they go: one or several"}, f.targets);
    visit(FlowField{"limits", "Bounds of one run"}, f.limits);
    visit(FlowField{"retry", "How patiently a file is tried"}, f.retry);
    visit(FlowField{"zone", "The time zone of dates in paths and of the schedule, such as Europe/Berlin"}, f.zone);
    visit(FlowField{"environment", "The environment in which ${name} is looked up when it runs by itself"}, f.environment);
    visit(FlowField{"schedule", "When it runs by itself; null: it does not"}, f.schedule);
    visit(FlowField{"triggers", "What else makes it run"}, f.triggers);
    visit(FlowField{"expectations", "What must have come by when; told when it has not"}, f.expectations);
    visit(FlowField{"uniqueContent", "Tell of a file whose content was delivered before; needs source.contentHash"},
          f.unique_content);
    visit(FlowField{"notify", "Who is told"}, f.notify);
}

}  // namespace fairlead::catalog

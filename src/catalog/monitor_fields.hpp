#pragma once

#include "catalog/monitor.hpp"

namespace fairlead::catalog {

/// Calls `visit(description, member)` for every field but the secret one, in the order of the documentation:
/// what reading, writing and describing monitors share.
template <class SomeMonitor, class Visitor>
void for_each_field(SomeMonitor& m, Visitor&& visit) {
    visit(MonitorField{"name", "What it is called; unique in the project"}, m.name);
    visit(MonitorField{"description", "For people"}, m.description);
    visit(MonitorField{"enabled", "Whether it looks"}, m.enabled);
    visit(MonitorField{"tags", "Words to find it by"}, m.tags);
    visit(MonitorField{"connection", "The name of the connection whose files it watches"}, m.connection);
    visit(MonitorField{"environment", "Which values ${name} takes; empty: none"}, m.environment);
    visit(MonitorField{"path", "The file or directory, below the connection's working directory"}, m.path);
    visit(MonitorField{"recursive", "Subdirectories too"}, m.recursive);
    visit(MonitorField{"depth", "At most that many levels of directories; null: one, or all if recursive", "", 1,
                       1'000'000},
          m.depth);
    visit(MonitorField{"include", "Only files whose name matches one of these patterns (with a / in it: whose path)"},
          m.include);
    visit(MonitorField{"exclude", "Not what matches one of these; a directory that matches is not entered"},
          m.exclude);
    visit(MonitorField{"regex", "Only what has a path in which this is found (RE2)"}, m.regex);
    visit(MonitorField{"minSize", "Only files of at least this size"}, m.min_size);
    visit(MonitorField{"maxSize", "Only files of at most this size"}, m.max_size);
    visit(MonitorField{"minAge", "Only files that were changed at least this long ago, by the server's times"},
          m.min_age);
    visit(MonitorField{"maxAge", "Only files that were changed at most this long ago; 0: however long"}, m.max_age);
    visit(MonitorField{"changes", "Which facts make a modified file: time, size, mode. Where a time may hide a change, another size tells too"}, m.changes);
    visit(MonitorField{"directories", "Tell of directories too"}, m.directories);
    visit(MonitorField{"firstLook",
                       "What is there at the first look of all: baseline (known, in silence) or new (each is told)",
                       "baseline new"},
          m.first_look);
    visit(MonitorField{"onDemand", "Look only when asked to (monitor run)"}, m.on_demand);
    visit(MonitorField{"interval", "Between two looks, each a tenth sooner or later"}, m.interval);
    visit(MonitorField{"settleLooks", "Tell of a file when so many looks more found the same size and time", "", 0,
                       1'000'000},
          m.settle_looks);
    visit(MonitorField{"settleTime", "Tell of a file when it has not changed for so long"}, m.settle_time);
    visit(MonitorField{"marker", "Tell of a file when another one is there, such as {name}.done or {stem}.ok"},
          m.marker);
    visit(MonitorField{"unfinished", "Files of such a name are being written and not told of, such as *.part"},
          m.unfinished);
    visit(MonitorField{"webhookUrl", "Where each event is sent to, as a CloudEvent over HTTP; empty: nowhere"},
          m.webhook_url);
    visit(MonitorField{"webhookAttempts",
                       "How often an event is tried before it becomes a dead letter, with pauses that grow to 10 "
                       "minutes",
                       "", 1, 1'000'000},
          m.webhook_attempts);
    visit(MonitorField{"contentLimit",
                       "Send the content of files of at most this size with the event; null: never. At most 10M"},
          m.content_limit);
}

}  // namespace fairlead::catalog

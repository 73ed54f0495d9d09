#include "monitor/watched.hpp"

#include <algorithm>

#include "base/path.hpp"

namespace fairlead::monitor {

Rules rules_of(const catalog::Monitor& monitor) {
    const auto counts = [&](std::string_view fact) {
        return std::ranges::find(monitor.changes, fact) != monitor.changes.end();
    };
    Rules rules;
    rules.time = counts("time");
    rules.size = counts("size");
    rules.mode = counts("mode");
    rules.directories = monitor.directories;
    rules.everything_is_new = monitor.first_look == "new";
    rules.settling.looks = static_cast<std::uint64_t>(monitor.settle_looks);
    rules.settling.time = monitor.settle_time;
    rules.settling.marker = monitor.marker;
    for (const auto& pattern : monitor.unfinished)
        rules.settling.unfinished.emplace_back(pattern);
    return rules;
}

Watched watched_of(const catalog::Monitor& monitor, Time now) {
    Watched watched;
    watched.monitor = monitor.record.id;
    watched.rules = rules_of(monitor);
    auto& filter = watched.filter;
    for (const auto& pattern : monitor.include)
        filter.include.emplace_back(pattern);
    for (const auto& pattern : monitor.exclude)
        filter.exclude.emplace_back(pattern);
    if (!monitor.regex.empty()) filter.expression.emplace(monitor.regex);
    filter.min_size = monitor.min_size;
    filter.max_size = monitor.max_size;
    if (monitor.min_age.count() > 0) filter.modified_before = now - monitor.min_age;
    if (monitor.max_age.count() > 0) filter.modified_since = now - monitor.max_age;
    return watched;
}

Scene scene_of(const catalog::Monitor& monitor) {
    return {path::confine(monitor.path), monitor.levels()};
}

}  // namespace fairlead::monitor

#include "monitor/decide.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <span>

#include "base/digest.hpp"
#include "base/precision.hpp"
#include "base/quantity.hpp"

namespace fairlead::monitor {

std::optional<Glob> marker_names(const Settling& settling) {
    if (settling.marker.empty()) return std::nullopt;
    auto pattern = settling.marker;
    for (const std::string_view placeholder : {"{name}", "{stem}"})
        if (const auto at = pattern.find(placeholder); at != std::string::npos)
            pattern.replace(at, placeholder.size(), "*");
    return Glob(pattern);
}

namespace {

using catalog::FileChange;
using catalog::FileEvent;
using catalog::FileFacts;
using catalog::FileState;

/// A server lists old files by day and young ones by minute: growing old is no change.
bool times_differ(const FileFacts& before, const FileFacts& now) {
    if (!before.modified || !now.modified) return false;
    const auto step = std::max(step_of(before.precision), step_of(now.precision));
    const auto in_steps = [&](Time time) {
        return std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch()) / step;
    };
    return in_steps(*before.modified) != in_steps(*now.modified);
}

/// Whether a file of this version cannot have been written to without getting another time: its time is known to the
/// second, and that second was over, by whatever clock, when the version was first seen.
bool time_tells_all(const FileState& known, const FileFacts& now) {
    constexpr auto kSkew = std::chrono::days(1);  // more than clocks and zones differ
    const auto& before = known.facts;
    return before.modified && now.modified && step_of(before.precision) <= std::chrono::seconds(1) &&
           step_of(now.precision) <= std::chrono::seconds(1) && *before.modified + kSkew < known.unchanged_since;
}

template <class T>
bool known_to_differ(const std::optional<T>& before, const std::optional<T>& now) {
    return before && now && *before != *now;
}

/// Keeps what this look did not tell, and a more precise time that is still the same.
FileFacts together(const FileFacts& before, FileFacts now) {
    if (!now.size) now.size = before.size;
    if (!now.mode) now.mode = before.mode;
    const bool was_more_precise = step_of(before.precision) < step_of(now.precision);
    if (before.modified && (!now.modified || (was_more_precise && !times_differ(before, now)))) {
        now.modified = before.modified;
        now.precision = before.precision;
    }
    return now;
}

/// A path has at most one event in a look.
std::string id_of(const std::string& monitor, std::uint64_t look, const std::string& path) {
    Digest digest(ChecksumAlgorithm::sha256);
    const auto text = fmt::format("{}\n{}\n{}", monitor, look, path);
    digest.add(std::as_bytes(std::span(text)));
    return digest.finish().substr(0, 32);
}

FileEvent event(FileChange change, const FileState& state, std::uint64_t look, const std::string& monitor,
                Time now) {
    FileEvent event;
    event.monitor = monitor;
    event.id = id_of(monitor, look, state.path);
    event.change = change;
    event.path = state.path;
    event.facts = state.facts;
    event.at = now;
    return event;
}

}  // namespace

bool differs(const FileFacts& before, const FileFacts& now, const Rules& rules) {
    return before.type != now.type || (rules.size && known_to_differ(before.size, now.size)) ||
           (rules.time && times_differ(before, now)) ||
           (rules.mode && known_to_differ(before.mode, now.mode));
}

FileState seen(const FileState* known, const Entry& entry, const Rules& rules, Time now, std::uint64_t look,
               bool baseline, bool is_marker) {
    const auto facts = catalog::facts_of(entry);
    FileState state;
    if (known == nullptr || is_marker) {
        state.path = entry.path;
        state.facts = facts;
        state.unchanged_since = known != nullptr && known->facts == facts ? known->unchanged_since : now;
        state.look = look;
        if (is_marker) return state;
        if (baseline)
            state.told = 1;
        else
            state.waiting = FileChange::created;
        return state;
    }
    state = *known;
    // A file that is still growing has not settled, also where its size is not watched.
    Rules any = rules;
    any.size = any.time = true;
    const bool moved_on = differs(known->facts, facts, any);
    Rules counting = rules;
    counting.size = rules.size || (rules.time && !time_tells_all(*known, facts));
    if (!state.waiting && differs(known->facts, facts, counting)) state.waiting = FileChange::modified;
    state.facts = together(known->facts, facts);
    state.look = look;
    if (moved_on) {
        state.unchanged_since = now;
        state.unchanged_looks = 0;
    } else {
        ++state.unchanged_looks;
    }
    if (baseline) {  // an earlier first look broke off
        state.waiting.reset();
        state.told = std::max<std::uint64_t>(state.told, 1);
    }
    return state;
}

std::string marker_of(const FileState& state, const Rules& rules) {
    if (rules.settling.marker.empty()) return {};
    const auto slash = state.path.rfind('/');
    const auto name = state.path.substr(slash + 1);
    const auto dot = name.rfind('.');
    auto marker = rules.settling.marker;
    const auto put = [&](std::string_view placeholder, const std::string& text) {
        if (const auto at = marker.find(placeholder); at != std::string::npos)
            marker.replace(at, placeholder.size(), text);
    };
    put("{name}", name);
    put("{stem}", dot == std::string::npos || dot == 0 ? name : name.substr(0, dot));
    return state.path.substr(0, slash + 1) + marker;
}

std::optional<std::string> why_waiting(const FileState& state, const Rules& rules, Time now,
                                       bool marker_there) {
    const auto& settling = rules.settling;
    for (const auto& pattern : settling.unfinished)
        if (pattern.matches(state.path))
            return fmt::format("its name says that it is being written ({})", pattern.pattern());
    if (state.unchanged_looks < settling.looks)
        return fmt::format("{} of {} looks found it unchanged", state.unchanged_looks, settling.looks);
    const auto unchanged = now - state.unchanged_since;
    if (unchanged < settling.time)
        return fmt::format("it changed {} ago, not {}",
                           format_duration(std::max(unchanged, std::chrono::milliseconds(0))),
                           format_duration(settling.time));
    if (!settling.marker.empty() && !marker_there)
        return fmt::format("its marker {} is not there", marker_of(state, rules));
    return std::nullopt;
}

FileEvent tell(FileState& state, const std::string& monitor, Time now) {
    const auto change = state.waiting.value_or(FileChange::modified);
    state.waiting.reset();
    ++state.told;
    return event(change, state, state.look, monitor, now);
}

std::optional<FileEvent> tell_deleted(const FileState& state, std::uint64_t look, const std::string& monitor,
                                      Time now) {
    if (state.told == 0) return std::nullopt;
    return event(FileChange::deleted, state, look, monitor, now);
}

FileEvent tell_renamed(const FileState& gone, FileState& found, const std::string& monitor, Time now) {
    found.waiting.reset();
    ++found.told;
    auto told = event(FileChange::renamed, found, found.look, monitor, now);
    told.previous_path = gone.path;
    return told;
}

bool may_be_renamed(const FileState& gone, const FileState& found) {
    const auto& before = gone.facts;
    const auto& now = found.facts;
    return gone.told > 0 && found.waiting == FileChange::created && before.type == EntryType::file &&
           now.type == EntryType::file && before.size && now.size && *before.size == *now.size &&
           *now.size > 0 && before.modified && now.modified && before.modified == now.modified &&
           step_of(before.precision) <= std::chrono::seconds(1) &&
           step_of(now.precision) <= std::chrono::seconds(1);
}

}  // namespace fairlead::monitor

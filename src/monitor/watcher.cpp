#include "monitor/watcher.hpp"

#include <boost/json/serialize.hpp>
#include <fmt/format.h>
#include <algorithm>
#include <map>

#include "base/error_json.hpp"
#include "base/process_identity.hpp"
#include "monitor/decide.hpp"
#include "store/store.hpp"

namespace fairlead::monitor {
namespace {

using catalog::FileState;
using store::MonitorStore;

constexpr std::size_t kPage = 500;  // states in memory at once, and in one transaction
constexpr std::size_t kReasonsTold = 100;

/// The conditions on facts left out: a file that grows too large or too old is not wanted, but it is there.
transfer::Filter names_only(transfer::Filter filter) {
    filter.min_size.reset();
    filter.max_size.reset();
    filter.modified_before.reset();
    filter.modified_since.reset();
    return filter;
}

/// Of a file that is not wanted as it is now: it is still there, and what was not told of it is not. Nothing when
/// nobody has heard of it.
std::optional<FileState> still_there(const FileState* known, std::uint64_t look) {
    if (known == nullptr || known->told == 0) return std::nullopt;
    auto state = *known;
    state.waiting.reset();
    state.look = look;
    return state;
}

/// Whether it says more than what is known already. While it waits each look counts.
bool is_news(const FileState* known, const FileState& state) {
    return known == nullptr || known->waiting || state.waiting || known->facts != state.facts || known->told != state.told ||
           known->unchanged_since != state.unchanged_since;
}

}  // namespace

Watcher::Watcher(const Watched& watched, std::string path, const std::function<Time()>& now)
    : watched_(watched),
      path_(std::move(path)),
      now_(now),
      wanted_(watched.filter),
      filter_(names_only(watched.filter)),
      markers_(marker_names(watched.rules.settling)) {
    if (markers_ && !filter_.include.empty()) filter_.include.push_back(*markers_);
}

void Watcher::begin(store::Store& store, const LookSettings& settings, std::optional<Time> due_by) {
    store::LookStart start;
    start.owner = settings.owner;
    start.now = now_();
    start.until = start.now + settings.lease;
    start.due_by = due_by;
    auto& monitors = store.monitors();
    const auto status = monitors.status(watched_.monitor);
    // Who looks may have died since: on this machine that can be seen.
    if (status && liveness_of(status->owner) == Liveness::dead) start.now = std::max(start.now, status->until);
    result_.look = monitors.begin_look(watched_.monitor, start).value_or(0);
    result_.not_before.reset();
    if (!looks() && status) result_.not_before = std::max(status->next, status->until);
    baseline_ = looks() && !watched_.rules.everything_is_new && !monitors.has_baseline(watched_.monitor);
}

bool Watcher::is_entered(std::string_view relative) const {
    if (filter_.exclude.empty()) return true;
    for (auto slash = relative.find('/', 1); slash != std::string_view::npos; slash = relative.find('/', slash + 1))
        if (!filter_.enters(relative.substr(0, slash))) return false;
    return true;
}

void Watcher::add_problem(const Error& problem) {
    if (result_.problems.size() < kReasonsTold) result_.problems.push_back(problem);
}

bool Watcher::was_overtaken(store::Store& store) const {
    const auto status = store.monitors().status(watched_.monitor);
    return !status || status->begun != result_.look;
}

void Watcher::take(const Entry& entry, std::string_view relative) {
    if (entry.type == EntryType::directory && !watched_.rules.directories) return;
    if (!filter_.wants(entry, relative) || !is_entered(relative)) return;
    const bool marker = markers_ && markers_->matches(entry.path);
    batch_.push_back({entry, marker || wanted_.wants(entry, relative)});
}

void Watcher::take_itself(Entry entry) {
    entry.path = path_;
    batch_.push_back({std::move(entry), true});
}

bool Watcher::batch_is_full() const noexcept {
    return batch_.size() >= kPage;
}

void Watcher::clear_batch() {
    result_.seen += batch_.size();
    batch_.clear();
}

void Watcher::save(store::Store& store) {
    if (batch_.empty()) return;
    auto& monitors = store.monitors();
    std::vector<std::string> paths;
    for (const auto& [entry, is_wanted] : batch_)
        paths.push_back(entry.path);
    std::map<std::string, FileState> known;
    for (auto& state : monitors.find(watched_.monitor, paths))
        known.emplace(state.path, std::move(state));
    MonitorStore::Changes changes;
    std::map<std::string_view, std::size_t> places;  // a server may list a name twice
    for (const auto& [entry, is_wanted] : batch_) {
        const auto found = known.find(entry.path);
        const auto* before = found == known.end() ? nullptr : &found->second;
        FileState state;
        if (is_wanted)
            state = seen(before, entry, watched_.rules, now_(), result_.look, baseline_,
                         markers_ && markers_->matches(entry.path));
        else if (auto there = still_there(before, result_.look))
            state = std::move(*there);
        else
            continue;
        seen_.add(entry.path);
        if (!is_news(before, state)) continue;
        const auto [place, is_new] = places.emplace(entry.path, changes.states.size());
        if (is_new)
            changes.states.push_back(std::move(state));
        else
            changes.states[place->second] = std::move(state);
    }
    if (!changes.empty()) monitors.save(watched_.monitor, result_.look, changes);
}

void Watcher::conclude_missing(store::Store& store) {
    result_.missing = true;
    for (const auto& state : store.monitors().unrecorded(watched_.monitor, result_.look, "", 2))
        if (state.path != path_ && !result_.failure)
            result_.failure =
                Error(ErrorCode::not_found,
                      fmt::format("The directory {} is gone. Nothing is concluded about the files in it.", path_))
                    .at("list")
                    .on(path_);
}

void Watcher::conclude(store::Store& store) {
    result_.events = 0;
    result_.by_change = {};
    result_.waiting = 0;
    result_.why.clear();
    if (result_.failure) return;
    if (result_.problems.empty()) conclude_what_is_gone(store.monitors());
    tell_what_has_settled(store.monitors());
}

void Watcher::end(store::Store& store, Time next) {
    store::LookEnd end;
    end.at = now_();
    end.complete = result_.complete();
    end.next = next;
    end.seen = result_.seen + batch_.size();
    end.waiting = result_.waiting;
    end.missing = result_.missing;
    if (result_.failure)
        end.problem = boost::json::serialize(to_json(*result_.failure));
    else if (!result_.problems.empty())
        end.problem = boost::json::serialize(to_json(result_.problems.front()));
    store.monitors().end_look(watched_.monitor, result_.look, end);
}

void Watcher::conclude_what_is_gone(MonitorStore& store) {
    if (store.count_files(watched_.monitor) == seen_.count()) return;  // as nearly always
    std::string after;
    for (auto page = store.unrecorded(watched_.monitor, result_.look, after, kPage); !page.empty();
         page = store.unrecorded(watched_.monitor, result_.look, after, kPage)) {
        after = page.back().path;
        MonitorStore::Changes deleted;
        for (const auto& gone : page) {
            if (seen_.contains(gone.path)) continue;
            if (auto found = renamed_to(store, gone)) {
                // At once, so that nothing else takes the same file for its own.
                MonitorStore::Changes renamed;
                renamed.forgotten.push_back(gone.path);
                renamed.events.push_back(tell_renamed(gone, *found, watched_.monitor, now_()));
                renamed.states.push_back(std::move(*found));
                store.save(watched_.monitor, result_.look, renamed);
                count(renamed.events);
                continue;
            }
            deleted.forgotten.push_back(gone.path);
            if (auto event = tell_deleted(gone, result_.look, watched_.monitor, now_()))
                deleted.events.push_back(std::move(*event));
        }
        count(deleted.events);
        if (!deleted.empty()) store.save(watched_.monitor, result_.look, deleted);
    }
}

void Watcher::count(std::span<const catalog::FileEvent> events) {
    for (const auto& event : events) {
        ++result_.events;
        ++result_.by_change.at(static_cast<std::size_t>(event.change));
    }
}

/// Only where there is one file that it can be.
std::optional<FileState> Watcher::renamed_to(MonitorStore& store, const FileState& gone) {
    if (!gone.facts.size || *gone.facts.size == 0 || gone.told == 0) return std::nullopt;
    std::vector<FileState> candidates;
    for (auto& state : store.came(watched_.monitor, result_.look, *gone.facts.size, kPage))
        if (may_be_renamed(gone, state)) candidates.push_back(std::move(state));
    if (candidates.size() != 1) return std::nullopt;
    return std::move(candidates.front());
}

void Watcher::tell_what_has_settled(MonitorStore& store) {
    std::string after;
    for (auto page = store.waiting(watched_.monitor, result_.look, after, kPage); !page.empty();
         page = store.waiting(watched_.monitor, result_.look, after, kPage)) {
        after = page.back().path;
        MonitorStore::Changes changes;
        for (auto& state : page) {
            const auto why = why_waiting(state, watched_.rules, now_(), has_marker(state));
            if (why) {
                if (result_.why.size() < kReasonsTold) result_.why.emplace_back(state.path, *why);
                ++result_.waiting;
                continue;
            }
            changes.events.push_back(tell(state, watched_.monitor, now_()));
            changes.states.push_back(std::move(state));
        }
        count(changes.events);
        if (!changes.empty()) store.save(watched_.monitor, result_.look, changes);
    }
}

bool Watcher::has_marker(const FileState& state) {
    const auto marker = marker_of(state, watched_.rules);
    if (marker.empty()) return true;
    return seen_.contains(marker);
}

}  // namespace fairlead::monitor

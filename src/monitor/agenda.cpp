#include "monitor/agenda.hpp"

#include <algorithm>

namespace fairlead::monitor {

void Agenda::refresh(const std::string& name) {
    const auto before = first_.find(name);
    const auto server = servers_.find(name);
    const bool open = server != servers_.end() && is_open(server->second);
    if (before != first_.end() && (!open || before->second != server->second.due.begin()->first)) {
        turns_.erase({before->second, name});
        first_.erase(before);
    }
    if (open && !first_.contains(name)) {
        const auto due = server->second.due.begin()->first;
        first_.emplace(name, due);
        turns_.emplace(due, name);
    }
}

void Agenda::plan(Planned& planned, Time due) {
    planned.due = due;
    servers_[planned.item.server].due.emplace(due, planned.item.id);
    refresh(planned.item.server);
}

void Agenda::unplan(const Planned& planned) {
    servers_[planned.item.server].due.erase({planned.due, planned.item.id});
    refresh(planned.item.server);
}

void Agenda::put(Item item, Time due) {
    auto found = items_.find(item.id);
    if (found == items_.end()) {
        const auto id = item.id;
        found = items_.emplace(id, Planned{std::move(item), due, false}).first;
        places_[found->second.item.place].insert(id);
        return plan(found->second, due);
    }
    auto& planned = found->second;
    const bool was_reset = item.stored == Time{} && planned.item.stored != Time{};
    if (!planned.busy) {
        unplan(planned);
        if (!was_reset) due = planned.due;
        // A shorter interval counts at once. What is planned may be a tenth later than the longer one was.
        if (!was_reset && item.interval < planned.item.interval)
            due -= planned.item.interval + planned.item.interval / 10 - item.interval;
    }
    if (auto place = places_.find(planned.item.place); place != places_.end()) {
        place->second.erase(item.id);
        if (place->second.empty()) places_.erase(place);
    }
    item.failures = planned.item.failures;
    if (!was_reset) item.stored = std::max(item.stored, planned.item.stored);
    places_[item.place].insert(item.id);
    planned.item = std::move(item);
    if (!planned.busy) plan(planned, due);
}

Agenda::Items::iterator Agenda::erase(Items::iterator item) {
    if (!item->second.busy) unplan(item->second);
    const auto place = places_.find(item->second.item.place);
    place->second.erase(item->first);
    if (place->second.empty()) places_.erase(place);
    return items_.erase(item);
}

void Agenda::remove(std::string_view id) {
    if (const auto found = items_.find(id); found != items_.end()) erase(found);
}

void Agenda::keep(const std::set<std::string, std::less<>>& ids) {
    for (auto item = items_.begin(); item != items_.end();) {
        if (ids.contains(item->first)) {
            ++item;
            continue;
        }
        item = erase(item);
    }
    std::erase_if(servers_,
                  [](const auto& server) { return server.second.due.empty() && server.second.looking == 0; });
}

std::optional<Agenda::Turn> Agenda::take(Time now) {
    if (turns_.empty() || turns_.begin()->first > now) return std::nullopt;
    const auto name = turns_.begin()->second;
    auto& server = servers_.at(name);
    const auto first = items_.find(server.due.begin()->second);
    Turn turn;
    turn.server = name;
    turn.due = first->second.due;
    for (const auto& id : places_.at(first->second.item.place)) {
        auto& planned = items_.at(id);
        const bool is_due = planned.due <= now + planned.item.interval / 10;
        const bool keeps_step = planned.item.interval == first->second.item.interval;
        if (planned.busy || planned.item.server != name || !(is_due || keeps_step)) continue;
        server.due.erase({planned.due, id});
        planned.busy = true;
        turn.ids.push_back(id);
    }
    ++server.looking;
    refresh(name);
    return turn;
}

std::optional<Time> Agenda::next() const {
    if (turns_.empty()) return std::nullopt;
    return turns_.begin()->first;
}

void Agenda::done(std::string_view id, Time due, bool complete, std::optional<Time> stored) {
    const auto found = items_.find(id);
    if (found == items_.end() || !found->second.busy) return;
    auto& planned = found->second;
    planned.busy = false;
    planned.item.failures = complete ? 0 : planned.item.failures + 1;
    if (stored) planned.item.stored = *stored;
    plan(planned, due);
}

void Agenda::release(const std::string& name) {
    const auto server = servers_.find(name);
    if (server == servers_.end()) return;
    if (server->second.looking > 0) --server->second.looking;
    refresh(name);
}

const Agenda::Item* Agenda::find(std::string_view id) const {
    const auto found = items_.find(id);
    return found == items_.end() ? nullptr : &found->second.item;
}

namespace {

/// How long a failing one waits at most.
std::chrono::milliseconds longest_wait(std::chrono::milliseconds interval) {
    return std::max<std::chrono::milliseconds>(interval, std::chrono::minutes(5));
}

}  // namespace

Time next_look(Time began, Time now, std::chrono::milliseconds interval, std::uint64_t failures, double luck) {
    using std::chrono::milliseconds;
    auto wait = interval;
    if (failures > 1) {
        const auto most = longest_wait(interval);
        for (std::uint64_t doubled = 1; doubled < failures && wait < most; ++doubled)
            wait *= 2;
        wait = std::min(wait, most);
    }
    const auto spread = static_cast<double>(wait.count()) / 5;
    const auto shifted = milliseconds(wait.count() + static_cast<std::int64_t>(spread * (luck - 0.5)));
    return std::max(began + shifted, now);
}

Time latest_look(Time now, std::chrono::milliseconds interval) {
    const auto wait = longest_wait(interval);
    return now + wait + wait / 10;
}

}  // namespace fairlead::monitor

#include "monitor/monitor_state.hpp"

#include <fmt/format.h>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

#include "base/entry_json.hpp"
#include "base/quantity.hpp"
#include "monitor/decide.hpp"
#include "monitor/watched.hpp"
#include "service/monitors.hpp"
#include "store/event_store.hpp"
#include "store/monitor_store.hpp"
#include "store/store.hpp"

namespace fairlead::monitor {
namespace {

namespace json = boost::json;
using store::MonitorStatus;

constexpr std::size_t kMostCounted = 10'000;

json::value time_json(Time time) {
    return time == Time{} ? json::value() : json::value(to_rfc3339(time));
}

std::string message_in(const std::string& problem) {
    boost::system::error_code bad;
    const auto document = json::parse(problem, bad);
    const auto* object = bad ? nullptr : document.if_object();
    const auto* message = object == nullptr ? nullptr : object->if_contains("message");
    return message != nullptr && message->is_string() ? std::string(message->get_string()) : problem;
}

json::value parsed(const std::string& problem) {
    if (problem.empty()) return nullptr;
    boost::system::error_code bad;
    auto document = json::parse(problem, bad);
    return bad ? json::value(problem) : document;
}

/// A word, and a sentence.
std::pair<std::string_view, std::string> summary(const catalog::Monitor& monitor, const MonitorStatus& status,
                                                 Time now) {
    if (!monitor.enabled) return {"disabled", "It is disabled."};
    if (!status.owner.empty() && status.until > now) return {"looking", "It is looking now."};
    if (status.failures > 0)
        return {"failing",
                fmt::format("{} looks in a row saw less than everything; the last one: {}", status.failures,
                            message_in(status.last.problem))};
    const auto there = status.last.missing ? " There is nothing at the path." : "";
    if (monitor.on_demand) return {"on demand", fmt::format("It looks when it is asked to.{}", there)};
    if (status.last.at == Time{}) return {"due", "It has not looked yet."};
    if (status.next <= now) return {"due", fmt::format("Its next look is due.{}", there)};
    return {"waiting",
            fmt::format("Its next look is in {}; {} files have changed and wait to be told of.{}",
                        format_duration(status.next - now), status.last.waiting, there)};
}

json::value webhook_of(store::EventStore& events, const catalog::Monitor& monitor) {
    const auto consumer = events.consumer(service::Monitors::webhook_consumer(monitor));
    if (!consumer) return nullptr;
    json::object webhook;
    webhook["url"] = monitor.webhook_url;
    webhook["undelivered"] = events.pending(consumer->name, kMostCounted).size();
    webhook["failedAttempts"] = consumer->attempts;
    webhook["notBefore"] = time_json(consumer->not_before);
    webhook["problem"] = consumer->problem.empty() ? json::value() : json::value(consumer->problem);
    webhook["deadLetters"] = events.dead_letters(monitor.record.id, 0, kMostCounted).size();
    return webhook;
}

json::value entry_json(const catalog::FileFacts& facts, const std::string& path) {
    Entry entry;
    entry.path = path;
    entry.name = path.substr(path.rfind('/') + 1);
    entry.type = facts.type;
    entry.size = facts.size;
    entry.modified = facts.modified;
    entry.modified_precision = facts.precision;
    entry.mode = facts.mode;
    fmt::memory_buffer text;
    append_json(text, entry);
    return json::parse(std::string_view(text.data(), text.size()));
}

std::string utf8_of(std::string_view text) {
    fmt::memory_buffer quoted;
    append_json_string(quoted, text);
    return std::string(json::parse(std::string_view(quoted.data(), quoted.size())).get_string());
}

}  // namespace

json::object state_of(store::Store& store, const catalog::Monitor& monitor, Time now) {
    const auto status = store.monitors().status(monitor.record.id).value_or(MonitorStatus{});
    const auto [word, why] = summary(monitor, status, now);
    json::object document;
    document["monitor"] = monitor.name;
    document["project"] = monitor.record.project;
    document["state"] = word;
    document["why"] = why;
    document["nextLook"] = monitor.on_demand ? json::value() : time_json(status.next);
    if (status.last.at == Time{})
        document["lastLook"] = nullptr;
    else
        document["lastLook"] = {{"at", to_rfc3339(status.last.at)},     {"complete", status.last.complete},
                                {"seen", status.last.seen},             {"waiting", status.last.waiting},
                                {"missing", status.last.missing},       {"error", parsed(status.last.problem)}};
    document["lastCompleteLook"] = time_json(status.ended_at);
    document["looks"] = status.begun;
    document["failuresInARow"] = status.failures;
    document["files"] = store.monitors().count_files(monitor.record.id);
    document["webhook"] = webhook_of(store.events(), monitor);
    return document;
}

json::object files_of(store::Store& store, const catalog::Monitor& monitor, std::string_view after,
                      std::size_t limit, Time now) {
    auto& monitors = store.monitors();
    const auto& id = monitor.record.id;
    const auto rules = rules_of(monitor);
    const auto states = monitors.files(id, after, limit);
    const auto is_there = [&](const catalog::FileState& state) {
        const auto marker = marker_of(state, rules);
        if (marker.empty()) return true;
        return !monitors.find(id, std::vector{marker}).empty();
    };
    json::array items;
    for (const auto& state : states) {
        json::object item;
        item["entry"] = entry_json(state.facts, state.path);
        item["told"] = state.told;
        item["waiting"] = state.waiting ? json::value(to_string(*state.waiting)) : json::value();
        item["why"] = nullptr;
        if (state.waiting)
            item["why"] = why_waiting(state, rules, now, is_there(state)).value_or("the next look will tell of it");
        item["unchangedSince"] = to_rfc3339(state.unchanged_since);
        items.push_back(std::move(item));
    }
    const auto next = states.size() == limit ? json::value(utf8_of(states.back().path)) : json::value();
    return {{"items", std::move(items)}, {"next", next}};
}

json::object event_json(const catalog::FileEvent& event, const catalog::Monitor& monitor) {
    json::object document;
    document["id"] = event.id;
    document["sequence"] = event.sequence;
    document["event"] = to_string(event.change);
    document["at"] = to_rfc3339(event.at);
    document["project"] = monitor.record.project;
    document["monitor"] = monitor.name;
    document["connection"] = monitor.connection;
    document["path"] = utf8_of(event.path);
    if (!event.previous_path.empty()) document["previousPath"] = utf8_of(event.previous_path);
    document["entry"] = entry_json(event.facts, event.path);
    return document;
}

json::object events_of(store::Store& store, const catalog::Monitor& monitor, std::uint64_t after,
                       std::size_t limit) {
    const auto found = store.events().list(monitor.record.id, after, limit);
    json::array items;
    for (const auto& event : found)
        items.push_back(event_json(event, monitor));
    const auto next = found.size() == limit ? json::value(std::to_string(found.back().sequence)) : json::value();
    return {{"items", std::move(items)}, {"next", next}};
}

}  // namespace fairlead::monitor

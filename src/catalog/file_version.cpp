#include "catalog/file_version.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/base64.hpp"
#include "base/error_json.hpp"
#include "base/precision.hpp"
#include "base/quantity.hpp"
#include "base/utf8.hpp"
#include "catalog/run.hpp"

namespace fairlead::catalog {
namespace {

namespace json = boost::json;

constexpr VersionState kStates[]{VersionState::waiting, VersionState::open,        VersionState::delivered,
                                 VersionState::done,    VersionState::quarantined, VersionState::given_up};
constexpr DeliveryState kDeliveryStates[]{DeliveryState::pending, DeliveryState::moving, DeliveryState::delivered,
                                          DeliveryState::skipped};
constexpr std::string_view kBytes = "\x01" "base64:";  // no path begins so that is text

std::string text_of(const std::string& path) {
    return is_valid_utf8(path) ? path : std::string(kBytes) + to_base64(path);
}
std::string path_of(std::string_view text) {
    if (!text.starts_with(kBytes)) return std::string(text);
    return from_base64(text.substr(kBytes.size())).value_or("");
}

std::string member(const json::object& object, std::string_view name) {
    const auto* value = object.if_contains(name);
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

json::object attempt_to_json(const PublishAttempt& attempt) {
    json::object document{{"place", text_of(attempt.place)}, {"temporary", text_of(attempt.temporary)}, {"path", text_of(attempt.path)},
                          {"bytes", attempt.bytes}, {"proof", attempt.proof}, {"checksum", attempt.checksum}};
    json::array beside;
    for (const auto& [name, content] : attempt.beside)
        beside.push_back({text_of(name), text_of(content)});
    document["beside"] = std::move(beside);
    return document;
}

PublishAttempt attempt_from_json(const json::object& document) {
    PublishAttempt attempt;
    attempt.place = path_of(member(document, "place"));
    attempt.temporary = path_of(member(document, "temporary"));
    attempt.path = path_of(member(document, "path"));
    attempt.bytes = document.at("bytes").to_number<std::uint64_t>();
    attempt.proof = member(document, "proof");
    attempt.checksum = member(document, "checksum");
    for (const auto& file : document.at("beside").as_array())
        attempt.beside.emplace_back(path_of(std::string_view(file.at(0).as_string())), path_of(std::string_view(file.at(1).as_string())));
    return attempt;
}

}  // namespace

std::string_view to_string(DeliveryState state) noexcept {
    switch (state) {
        case DeliveryState::pending:
            return "pending";
        case DeliveryState::moving:
            return "moving";
        case DeliveryState::delivered:
            return "delivered";
        case DeliveryState::skipped:
            return "skipped";
    }
    return "pending";
}

std::string_view to_string(VersionState state) noexcept {
    switch (state) {
        case VersionState::waiting:
            return "waiting";
        case VersionState::open:
            return "open";
        case VersionState::delivered:
            return "delivered";
        case VersionState::done:
            return "done";
        case VersionState::quarantined:
            return "quarantined";
        case VersionState::given_up:
            return "given_up";
    }
    return "open";
}

VersionState parse_version_state(std::string_view word) {
    for (const auto state : kStates)
        if (to_string(state) == word) return state;
    throw Error(ErrorCode::invalid_argument,
                fmt::format("'{}' is not one of waiting, open, delivered, done, quarantined, given_up.", word));
}

Delivery* FileVersion::find(std::string_view target) {
    const auto found = std::ranges::find(deliveries, target, &Delivery::target);
    return found == deliveries.end() ? nullptr : &*found;
}

bool is_version(const FileVersion& version, const Entry& entry) {
    if (version.size && entry.size && *version.size != *entry.size) return false;
    if (!version.modified || !entry.modified) return true;
    const auto unit = std::max(step_of(version.precision), step_of(entry.modified_precision));
    const auto cut = [&](Time time) { return time.time_since_epoch().count() / unit.count(); };
    return cut(*version.modified) == cut(*entry.modified);
}

TimePrecision precision_of(std::string_view word) noexcept {
    for (const auto precision : {TimePrecision::millisecond, TimePrecision::minute, TimePrecision::day})
        if (fairlead::to_string(precision) == word) return precision;
    return TimePrecision::second;
}

json::object to_json(const FileVersion& version) {
    json::object document;
    const auto time = [](const std::optional<Time>& moment) {
        return moment ? json::value(to_rfc3339(*moment)) : json::value();
    };
    document["number"] = version.number;
    document["path"] = to_valid_utf8(version.path);
    document["size"] = version.size ? json::value(*version.size) : json::value();
    document["modified"] = time(version.modified);
    document["hash"] = version.hash.empty() ? json::value() : json::value("sha256:" + version.hash);
    document["state"] = to_string(version.state);
    if (!version.reason.empty()) document["reason"] = version.reason;
    document["counter"] = version.counter;
    document["seenAt"] = to_rfc3339(version.seen_at);
    document["changedAt"] = to_rfc3339(version.changed_at);
    if (!version.settled_to.empty()) document["settledTo"] = to_valid_utf8(version.settled_to);
    document["failures"] = version.failures;
    if (version.error) document["error"] = fairlead::to_json(*version.error);
    document["runId"] = version.run;
    json::array targets;
    for (const auto& delivery : version.deliveries) {
        json::object target{{"target", delivery.target},
                            {"state", to_string(delivery.state)},
                            {"path", to_valid_utf8(delivery.path)},
                            {"bytes", delivery.bytes},
                            {"proof", delivery.proof},
                            {"checksum", delivery.checksum},
                            {"at", time(delivery.at)},
                            {"runId", delivery.run}};
        if (delivery.error) target["error"] = fairlead::to_json(*delivery.error);
        targets.push_back(std::move(target));
    }
    document["targets"] = std::move(targets);
    return document;
}

json::array deliveries_to_json(const std::vector<Delivery>& deliveries) {
    json::array documents;
    for (const auto& delivery : deliveries) {
        json::object document{{"target", delivery.target}, {"state", to_string(delivery.state)},
                              {"path", text_of(delivery.path)}, {"bytes", delivery.bytes},
                              {"proof", delivery.proof}, {"checksum", delivery.checksum},
                              {"run", delivery.run}};
        if (delivery.error) document["error"] = fairlead::to_json(*delivery.error);
        if (delivery.attempt) document["attempt"] = attempt_to_json(*delivery.attempt);
        if (delivery.at) document["at"] = delivery.at->time_since_epoch().count();
        documents.push_back(std::move(document));
    }
    return documents;
}

std::vector<Delivery> deliveries_from_json(const json::array& documents) {
    std::vector<Delivery> deliveries;
    for (const auto& document : documents) {
        const auto& object = document.as_object();
        Delivery delivery;
        delivery.target = member(object, "target");
        for (const auto state : kDeliveryStates)
            if (to_string(state) == member(object, "state")) delivery.state = state;
        delivery.path = path_of(member(object, "path"));
        delivery.bytes = object.at("bytes").to_number<std::uint64_t>();
        delivery.proof = member(object, "proof");
        delivery.checksum = member(object, "checksum");
        delivery.run = member(object, "run");
        if (const auto* error = object.if_contains("error")) delivery.error = error_from_json(error->as_object());
        if (const auto* attempt = object.if_contains("attempt")) delivery.attempt = attempt_from_json(attempt->as_object());
        if (const auto* at = object.if_contains("at"))
            delivery.at = Time(std::chrono::milliseconds(at->to_number<std::int64_t>()));
        deliveries.push_back(std::move(delivery));
    }
    return deliveries;
}

}  // namespace fairlead::catalog

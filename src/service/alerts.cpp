#include "service/alerts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/url/encode.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>
#include <span>

#include "base/digest.hpp"
#include "catalog/flow_resource.hpp"
#include "catalog/operation_resource.hpp"
#include "store/delivery_store.hpp"
#include "store/event_store.hpp"
#include "store/store.hpp"

namespace fairlead::service {
namespace {

namespace json = boost::json;
using catalog::Kind;

constexpr std::size_t kMostLetters = 10'000;

std::string encoded(std::string_view text) {
    return boost::urls::encode(text, boost::urls::unreserved_chars);
}

/// The same however often it is made.
std::string id_of(std::string_view subject, std::string_view key) {
    Digest digest(ChecksumAlgorithm::sha256);
    const auto text = fmt::format("{}\n{}", subject, key);
    digest.add(std::as_bytes(std::span(text)));
    return digest.finish().substr(0, 32);
}

std::string cloud_event_of(const AlertSubject& subject, const Alert& alert, const std::string& id) {
    const std::string noun(catalog::to_string(subject.kind));
    auto data = alert.data;
    data[noun] = subject.name;
    data["project"] = subject.project;
    return json::serialize(json::object{
        {"specversion", "1.0"},
        {"id", id},
        {"source", fmt::format("/v1/projects/{}/{}s/{}", encoded(subject.project), noun, encoded(subject.name))},
        {"type", alert.type},
        {"time", to_rfc3339(alert.at)},
        {"datacontenttype", "application/json"},
        {"data", std::move(data)}});
}

}  // namespace

std::string webhook_consumer(std::string_view id) {
    return fmt::format("webhook:{}", id);
}

std::string mail_consumer(std::string_view id) {
    return fmt::format("mail:{}", id);
}

std::optional<AlertSubject> alert_subject(const catalog::Resource& resource) {
    AlertSubject subject{resource.kind, resource.record.id, resource.record.project, resource.name, {}, {}};
    if (resource.kind == Kind::flow) {
        auto notify = catalog::flow_of(resource).notify;
        subject.webhook = std::move(notify.webhook);
        subject.email = std::move(notify.email);
    } else if (resource.kind == Kind::operation) {
        auto operation = catalog::operation_of(resource);
        subject.webhook = std::move(operation.notify_webhook);
        subject.email = std::move(operation.notify_email);
    } else {
        return std::nullopt;
    }
    return subject;
}

bool alert(store::Store& store, const AlertSubject& subject, const Alert& alert) {
    bool is_new = false;
    store.together([&] {
        is_new = store.deliveries().take_notice(subject.id, alert.key, alert.at);
        if (!is_new) return;
        auto& events = store.events();
        if (!subject.webhook.empty()) events.subscribe(webhook_consumer(subject.id), subject.id);
        if (!subject.email.empty()) events.subscribe(mail_consumer(subject.id), subject.id);
        catalog::FileEvent event;
        event.monitor = subject.id;
        event.id = id_of(subject.id, alert.key);
        event.at = alert.at;
        event.document = cloud_event_of(subject, alert, event.id);
        events.add(event);
    });
    return is_new;
}

json::array alerts_of(store::Store& store, std::string_view id, std::size_t limit) {
    auto& events = store.events();
    const auto consumers = events.consumers_of(id);
    const auto letters = events.dead_letters(id, 0, kMostLetters);
    json::array items;
    for (const auto& event : events.latest(id, limit)) {
        const auto letter =
            std::ranges::find(letters, event.id, [](const store::DeadLetter& one) { return one.event.id; });
        const auto waits = std::ranges::find_if(
            consumers, [&](const store::Consumer& one) { return one.position < event.sequence; });
        std::string_view state = consumers.empty() ? "nobody" : "told";
        std::uint64_t attempts = 0;
        std::string problem;
        if (letter != letters.end()) {
            state = "given up";
            attempts = letter->attempts;
            problem = letter->problem;
        } else if (waits != consumers.end()) {
            state = "waits";
            attempts = waits->attempts;
            problem = waits->problem;
        }
        items.push_back(json::object{{"at", to_rfc3339(event.at)},
                                     {"event", json::parse(event.document)},
                                     {"state", state},
                                     {"told", state == "told"},
                                     {"attempts", attempts},
                                     {"problem", problem}});
    }
    return items;
}

}  // namespace fairlead::service

#include "monitor/receiver.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include "base/utf8.hpp"
#include "monitor/cloud_event.hpp"
#include "net/curl_loop.hpp"
#include "net/http_post.hpp"
#include "net/mail.hpp"
#include "service/alerts.hpp"
#include "service/vault.hpp"
#include "service/version.hpp"
#include "service/workspace.hpp"
#include "store/event_store.hpp"
#include "store/store.hpp"
#include "transfer/failure.hpp"

namespace fairlead::monitor {
namespace {

namespace json = boost::json;

std::string text_at(const json::object& document, std::string_view name) {
    const auto* value = document.if_contains(name);
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

awaitable<std::optional<Refused>> post(net::CurlLoop& loop, const Receiver& receiver, std::string event) {
    net::PostRequest request;
    request.url = receiver.url;
    request.body = std::move(event);
    request.headers = {{"Content-Type", "application/cloudevents+json; charset=utf-8"},
                       {"User-Agent", "fairlead/" + std::string(service::version())}};
    if (receiver.secret)
        request.headers.emplace_back("X-Fairlead-Signature-256", signature_of(request.body, *receiver.secret));
    const auto answer = co_await net::post(loop, std::move(request));
    if (answer.status >= 200 && answer.status < 300) co_return std::nullopt;
    constexpr std::size_t kMostTold = 200;
    auto said = to_printable(std::string_view(answer.body).substr(0, kMostTold));
    co_return Refused{fmt::format("The receiver answered {}{}{}.", answer.status, said.empty() ? "" : ": ", said),
                      answer.retry_after};
}

awaitable<void> mail_it(net::CurlLoop& loop, const net::MailServer& server, const Receiver& receiver,
                        const std::string& event) {
    if (server.url.empty())
        throw Error(ErrorCode::unsupported, "This daemon has no mail server (serve --smtp-url, --smtp-from).");
    const auto document = json::parse(event).as_object();
    const auto* data = document.if_contains("data");
    const auto sentence = data != nullptr && data->is_object() ? text_at(data->get_object(), "message") : std::string();
    net::Mail mail;
    mail.to = receiver.email;
    mail.id = text_at(document, "id");
    mail.subject = "Fairlead: " + sentence;
    mail.text = fmt::format("{}\n\n{}\n", sentence, event);
    co_await net::send_mail(loop, server, mail);
}

}  // namespace

std::optional<Receiver> receiver_of(service::Workspace& workspace, const store::Consumer& consumer) {
    const auto resource = workspace.store().resources().find(consumer.monitor);
    if (!resource) return std::nullopt;
    Receiver receiver;
    if (resource->kind == catalog::Kind::monitor) {
        receiver.monitor = catalog::monitor_of(*resource);
        receiver.url = receiver.monitor->webhook_url;
        receiver.attempts = static_cast<std::uint64_t>(receiver.monitor->webhook_attempts);
    } else if (auto subject = service::alert_subject(*resource)) {
        if (consumer.name == service::mail_consumer(subject->id))
            receiver.email = std::move(subject->email);
        else
            receiver.url = std::move(subject->webhook);
    }
    if (receiver.url.empty() && receiver.email.empty()) return std::nullopt;
    const auto sealed = resource->sealed.find(std::string(catalog::kWebhookSecret));
    if (!receiver.url.empty() && sealed != resource->sealed.end())
        receiver.secret = workspace.vault().open(sealed->second, resource->record.id, catalog::kWebhookSecret);
    return receiver;
}

awaitable<std::optional<Refused>> send(net::CurlLoop& loop, const net::MailServer& mail, const Receiver& receiver,
                                       std::string event) {
    std::optional<Refused> refused;
    const auto work = [&]() -> awaitable<void> {
        if (receiver.url.empty())
            co_await mail_it(loop, mail, receiver, event);
        else
            refused = co_await post(loop, receiver, std::move(event));
    };
    const auto failure = co_await transfer::caught(work());
    if (failure && failure->code == ErrorCode::cancelled) throw Error(*failure);
    if (failure) co_return Refused{failure->message, {}};
    co_return refused;
}

}  // namespace fairlead::monitor

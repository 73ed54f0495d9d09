#include "monitor/webhook.hpp"

#include <fmt/format.h>

#include "base/utf8.hpp"
#include "net/http_post.hpp"
#include "service/version.hpp"
#include "transfer/failure.hpp"

namespace fairlead::monitor {

awaitable<std::optional<Refused>> send(net::HttpPoster& poster, const catalog::FileEvent& event,
                                       const catalog::Monitor& monitor, const std::optional<Secret>& secret,
                                       const EventContent& content) {
    net::PostRequest request;
    request.url = monitor.webhook_url;
    request.body = cloud_event(event, monitor, content);
    request.headers = {{"Content-Type", "application/cloudevents+json; charset=utf-8"},
                       {"User-Agent", "fairlead/" + std::string(service::version())}};
    if (secret) request.headers.emplace_back("X-Fairlead-Signature-256", signature_of(request.body, *secret));
    net::PostAnswer answer;
    const auto post = [&]() -> awaitable<void> { answer = co_await poster.post(std::move(request)); };
    const auto failure = co_await transfer::caught(post());
    if (failure && failure->code == ErrorCode::cancelled) throw Error(*failure);
    if (failure) co_return Refused{failure->message, {}};
    if (answer.status >= 200 && answer.status < 300) co_return std::nullopt;
    constexpr std::size_t kMostTold = 200;
    auto said = to_printable(std::string_view(answer.body).substr(0, kMostTold));
    co_return Refused{fmt::format("The receiver answered {}{}{}.", answer.status, said.empty() ? "" : ": ", said),
                      answer.retry_after};
}

}  // namespace fairlead::monitor

#include "support/webhook_receiver.hpp"

#include <string_view>
#include <fmt/format.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <condition_variable>
#include <map>
#include <mutex>

#include "http/server.hpp"

namespace fairlead::test {

struct WebhookReceiver::State {
    awaitable<http::Response> take(http::Request& request) {
        Received got;
        got.body = co_await request.text(64u << 20);
        got.id = std::string(boost::json::parse(got.body).at("id").as_string());
        got.signature = request.header("x-fairlead-signature-256").value_or("");
        got.type = request.header("content-type").value_or("");
        {
            const std::lock_guard lock(mutex);
            got.status = answer ? answer(got.id, times[got.id]) : 204;
            ++times[got.id];
            all.push_back(got);
        }
        changed.notify_all();
        http::Response response;
        response.status = got.status;
        co_return response;
    }

    std::vector<Received> taken() const {
        std::vector<Received> found;
        for (const auto& one : all)
            if (one.status / 100 == 2 && std::ranges::find(found, one.id, &Received::id) == found.end())
                found.push_back(one);
        return found;
    }

    mutable std::mutex mutex;
    mutable std::condition_variable changed;
    Answer answer;
    std::map<std::string, unsigned> times;
    std::vector<Received> all;
    std::unique_ptr<http::Server> server;
};

WebhookReceiver::WebhookReceiver(Answer answer) : state_(std::make_unique<State>()) {
    state_->answer = std::move(answer);
    http::ServerOptions options;
    options.port = 0;
    options.limits.document = 64u << 20;
    http::Router router;
    router.add({{"POST", "/hook", {}, "Takes an event",
                 [state = state_.get()](http::Request& request) { return state->take(request); }}});
    const auto nobody = [](const http::Request&) -> awaitable<std::optional<http::Principal>> {
        co_return std::nullopt;
    };
    const auto log = [](const http::Request&, std::string_view, unsigned, std::chrono::microseconds, std::uint64_t) {};
    state_->server = std::make_unique<http::Server>(options, std::move(router), nobody, log);
}

WebhookReceiver::~WebhookReceiver() = default;

std::string WebhookReceiver::url() const {
    return fmt::format("http://127.0.0.1:{}/hook", state_->server->port());
}

std::vector<Received> WebhookReceiver::received() const {
    const std::lock_guard lock(state_->mutex);
    return state_->all;
}

std::vector<Received> WebhookReceiver::taken() const {
    const std::lock_guard lock(state_->mutex);
    return state_->taken();
}

bool WebhookReceiver::wait_for(std::size_t taken) const {
    std::unique_lock lock(state_->mutex);
    return state_->changed.wait_for(lock, std::chrono::seconds(90),
                                    [&] { return state_->taken().size() >= taken; });
}

void WebhookReceiver::set_answer(Answer answer) {
    const std::lock_guard lock(state_->mutex);
    state_->answer = std::move(answer);
}

}  // namespace fairlead::test

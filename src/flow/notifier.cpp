#include "flow/notifier.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json/parse.hpp>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "catalog/flow_resource.hpp"
#include "flow/ledger.hpp"
#include "net/http_post.hpp"
#include "service/workspace.hpp"
#include "store/store.hpp"
#include "transfer/failure.hpp"

namespace fairlead::flow {
namespace {

using namespace std::chrono;
constexpr milliseconds kLook{2000};
constexpr seconds kFirstPause{5}, kLongestPause{3600};
constexpr std::int64_t kMostAttempts = 50;  // some two days
constexpr std::size_t kAtOnce = 20;

Time again_after(std::int64_t attempts) {
    const auto pause = std::min<seconds>(kLongestPause, kFirstPause * (1LL << std::min<std::int64_t>(attempts, 12)));
    return now() + pause;
}

std::string text_at(const boost::json::object& document, std::string_view name) {
    const auto* value = document.if_contains(name);
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

}  // namespace

struct Notifier::Parts {
    Parts(std::string directory_, std::string store_, NotifierOptions options_)
        : directory(std::move(directory_)), store(std::move(store_)), options(std::move(options_)), thread([this] { run(); }) {}
    ~Parts() {
        {
            const std::lock_guard lock(mutex);
            over = true;
        }
        changed.notify_all();
        thread.join();
    }

    void run() {
        while (sleep()) {
            try {
                look();
            } catch (const Error& error) {  // the store is away
                workspace.reset();
            }
        }
        workspace.reset();
    }

    bool sleep() {
        std::unique_lock lock(mutex);
        changed.wait_for(lock, kLook, [this] { return over; });
        return !over;
    }
    bool is_over() {
        const std::lock_guard lock(mutex);
        return over;
    }

    void look() {
        if (!workspace) workspace = std::make_unique<service::Workspace>(directory, store);
        auto& ledger = workspace->store().deliveries();
        for (const auto& notice : ledger.due_notices(now(), kAtOnce)) {
            if (is_over()) return;
            const auto problem = tell(notice);
            if (problem.empty()) {
                ledger.told(notice, std::nullopt, "");
                continue;
            }
            const bool last = notice.attempts + 1 >= kMostAttempts;
            ledger.told(notice, last ? std::nullopt : std::optional(again_after(notice.attempts)), problem);
            if (options.report) options.report(notice.flow, problem);
        }
    }

    /// Gives what kept it from being told; all that can be told is.
    std::string tell(const store::Notice& notice) {
        const auto resource = workspace->store().resources().find(notice.flow);
        if (!resource) return {};
        const auto flow = catalog::flow_of(*resource);
        std::string problem;
        const auto attempt = [&](auto work) {
            try {
                work();
            } catch (const Error& error) {
                problem += (problem.empty() ? "" : " ") + error.message;
            }
        };
        if (!flow.notify.webhook.empty()) attempt([&] { post(flow.notify.webhook, notice.document); });
        if (!flow.notify.email.empty()) attempt([&] { mail(flow.notify.email, notice.document); });
        return problem;
    }

    void post(const std::string& url, const std::string& document) {
        net::PostRequest request;
        request.url = url;
        request.headers = {{"Content-Type", "application/cloudevents+json"}};
        request.body = document;
        boost::asio::io_context loop;
        std::optional<Error> failure;
        std::optional<net::PostAnswer> answered;
        const auto step = [&]() -> awaitable<void> { answered = co_await poster.post(request); };
        const auto work = [&]() -> awaitable<void> { failure = co_await transfer::caught(step()); };
        boost::asio::co_spawn(loop, work(), [](const std::exception_ptr&) {});
        loop.run();
        if (failure) throw Error(*failure);
        if (answered->status < 200 || answered->status > 299)
            throw Error(ErrorCode::protocol_error, fmt::format("The webhook answered {}.", answered->status));
    }

    void mail(const std::vector<std::string>& to, const std::string& document) {
        if (options.mail.url.empty())
            throw Error(ErrorCode::unsupported, "This daemon has no mail server.").hinting("serve --smtp-url, --smtp-from");
        const auto event = boost::json::parse(document).as_object();
        const auto* data = event.if_contains("data");
        const auto sentence = data != nullptr && data->is_object() ? text_at(data->get_object(), "message") : std::string();
        Mail mail;
        mail.to = to;
        mail.id = text_at(event, "id");
        std::ranges::replace(mail.id, ' ', '_');
        mail.subject = "Fairlead: " + sentence;
        mail.text = fmt::format("{}\n\n{}\n", sentence, document);
        send_mail(options.mail, mail);
    }

    std::string directory, store;
    NotifierOptions options;
    std::unique_ptr<service::Workspace> workspace;  // of its thread
    net::HttpPoster poster;
    std::mutex mutex;
    std::condition_variable changed;
    bool over = false;
    std::thread thread;  // the last: it uses the others
};

Notifier::Notifier(std::string directory, std::string store, NotifierOptions options)
    : parts_(std::make_unique<Parts>(std::move(directory), std::move(store), std::move(options))) {}

Notifier::~Notifier() = default;

}  // namespace fairlead::flow

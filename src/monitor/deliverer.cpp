#include "monitor/deliverer.hpp"

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>
#include <map>
#include <thread>

#include "base/process_identity.hpp"
#include "base/side_task.hpp"
#include "monitor/connection_target.hpp"
#include "monitor/event_content.hpp"
#include "monitor/webhook.hpp"
#include "net/http_post.hpp"
#include "service/monitors.hpp"
#include "service/workspace.hpp"
#include "service/workspace_pool.hpp"
#include "store/event_store.hpp"
#include "store/store.hpp"
#include "transfer/failure.hpp"

namespace fairlead::monitor {
namespace {

namespace asio = boost::asio;
using service::Workspace;
using std::chrono::milliseconds;

constexpr std::string_view kPrefix = "webhook:";
constexpr std::size_t kPage = 20;
constexpr auto kLease = std::chrono::minutes(2);   // longer than any one attempt
constexpr auto kTidying = std::chrono::minutes(1);
constexpr auto kMostAsked = std::chrono::hours(1);  // that a receiver may ask to be left alone

Time system_now() {
    return std::chrono::floor<milliseconds>(std::chrono::system_clock::now());
}

/// What a consumer is to take now, and how.
struct Work {
    catalog::Monitor monitor;
    std::optional<Secret> secret;
    std::vector<catalog::FileEvent> events;
    std::vector<store::DeadLetter> replays;
    std::uint64_t attempts = 0;  ///< that failed for the first of the events
};

}  // namespace

milliseconds delivery_wait(std::uint64_t attempts, const DelivererOptions& options) {
    auto wait = options.first_wait;
    for (std::uint64_t doubled = 1; doubled < attempts && wait < options.longest_wait; ++doubled)
        wait *= 2;
    return std::min(wait, options.longest_wait);
}

/// All on the thread of its loop.
struct Deliverer::Parts {
    Parts(service::WorkspacePool& workspaces_, service::Engine& engine_, DelivererOptions options_)
        : workspaces(workspaces_),
          engine(engine_),
          options(std::move(options_)),
          guard(asio::make_work_guard(loop)) {
        if (!options.now) options.now = system_now;
        main_task.emplace(loop.get_executor(), work(), [this](std::exception_ptr) { guard.reset(); });
        thread = std::thread([this] {
            sigset_t all;  // signals are for the thread that waits for them
            sigfillset(&all);
            pthread_sigmask(SIG_BLOCK, &all, nullptr);
            loop.run();
        });
    }

    awaitable<void> work() {
        while (!stopping || !under_way.empty()) {
            woken = false;
            if (!stopping) co_await transfer::caught(step());
            if (woken) continue;
            news.expires_after(options.look);
            boost::system::error_code ignored;
            co_await news.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        }
    }

    awaitable<void> step() {
        std::vector<store::Consumer> due;
        const bool tidies = std::chrono::steady_clock::now() >= next_tidying;
        co_await workspaces.run(as_daemon(), [&](Workspace& workspace) {
            auto& events = workspace.store().events();
            if (tidies) release_what_the_dead_hold(events);
            due = events.due(kPrefix, owner, options.now(), options.at_once);
            if (tidies) events.forget("", options.now() - options.keep);
        });
        if (tidies) next_tidying = std::chrono::steady_clock::now() + kTidying;
        for (const auto& consumer : due)
            if (!stopping && under_way.size() < options.at_once && !under_way.contains(consumer.name)) begin(consumer);
    }

    /// Not only when their right has run out: on this machine it can be seen that they are dead.
    void release_what_the_dead_hold(store::EventStore& events) {
        for (const auto& consumer : events.consumers())
            if (!consumer.owner.empty() && consumer.owner != owner && liveness_of(consumer.owner) == Liveness::dead)
                events.claim(consumer.name, owner, Time::max(), options.now());
    }

    void begin(const store::Consumer& consumer) {
        const auto name = consumer.name;
        auto& task = under_way[name];
        const auto ended = [this, name](std::exception_ptr) {
            asio::post(loop, [this, name] {  // not now: the task is still in its own call
                under_way.erase(name);
                look_here();
            });
        };
        task.emplace(loop.get_executor(), deliver(consumer), ended);
    }

    awaitable<void> deliver(store::Consumer consumer) {
        auto work = co_await prepare(consumer);
        if (!work) co_return;
        const auto failure = co_await transfer::caught(deliver(consumer, *work));
        // Others may go on with it.
        co_await in_events([&](store::EventStore& events) {
            const auto now = options.now();
            events.claim(consumer.name, owner, now, now);
        });
        if (failure) throw Error(*failure);
    }

    awaitable<void> deliver(const store::Consumer& consumer, Work& work) {
        for (const auto& letter : work.replays) {
            const auto refused = co_await attempt(letter.event, work);
            co_await in_events([&](store::EventStore& events) {
                if (refused)
                    events.give_up(consumer.name, letter.event, letter.attempts + 1, refused->problem, options.now());
                else
                    events.drop(consumer.name, letter.event.id);
            });
        }
        for (const auto& event : work.events) {
            const auto refused = co_await attempt(event, work);
            if (!refused) {
                co_await in_events([&](store::EventStore& events) { events.advance(consumer.name, event.sequence); });
                work.attempts = 0;
                continue;
            }
            const auto attempts = ++work.attempts;
            const bool enough = attempts >= static_cast<std::uint64_t>(work.monitor.webhook_attempts);
            co_await in_events([&](store::EventStore& events) {
                const auto now = options.now();
                if (enough) return events.give_up(consumer.name, event, attempts, refused->problem, now);
                auto wait = delivery_wait(attempts, options);
                if (refused->retry_after)
                    wait = std::max<milliseconds>(wait, std::min<milliseconds>(*refused->retry_after, kMostAsked));
                events.postpone(consumer.name, attempts, now + wait, refused->problem);
            });
            co_return;
        }
    }

    /// Nothing when there is nothing to do any more.
    awaitable<std::optional<Work>> prepare(const store::Consumer& consumer) {
        std::optional<Work> work;
        co_await workspaces.run(as_daemon(), [&](Workspace& workspace) {
            auto& events = workspace.store().events();
            const auto now = options.now();
            if (!events.claim(consumer.name, owner, now, now + kLease)) return;
            service::Monitors monitors(workspace);
            auto monitor = monitors.find(consumer.monitor);
            if (!monitor || monitor->webhook_url.empty()) return events.unsubscribe(consumer.name);
            work.emplace();
            work->replays = events.replays(consumer.name, kPage);
            work->events = events.pending(consumer.name, kPage);
            const auto found = events.consumer(consumer.name);
            work->attempts = found ? found->attempts : 0;
            try {
                work->secret = monitors.webhook_secret(*monitor);
            } catch (const Error& error) {  // not signed it is not sent
                events.postpone(consumer.name, work->attempts, now + options.longest_wait, error.message);
                work.reset();
                return;
            }
            work->monitor = std::move(*monitor);
        });
        co_return work;
    }

    awaitable<std::optional<Refused>> attempt(const catalog::FileEvent& event, const Work& work) {
        if (stopping) throw Error(ErrorCode::cancelled, "The daemon stops.");
        co_await in_events([&](store::EventStore& events) {
            const auto now = options.now();
            if (!events.claim(service::Monitors::webhook_consumer(work.monitor), owner, now, now + kLease))
                throw Error(ErrorCode::cancelled, "Another daemon delivers them now.");
        });
        const auto content = co_await content_of(workspaces, engine, event, work.monitor);
        auto refused = co_await send(poster, event, work.monitor, work.secret, content);
        if (options.attempted) options.attempted(!refused);
        co_return refused;
    }

    awaitable<void> in_events(std::function<void(store::EventStore&)> call) {
        co_await workspaces.run(as_daemon(), [&](Workspace& workspace) { call(workspace.store().events()); });
    }

    void look_here() {
        woken = true;
        news.cancel();
    }

    void stop() {
        asio::post(loop, [this] {
            stopping = true;
            for (auto& [name, task] : under_way)
                task->cancel();
            look_here();
        });
        thread.join();
    }

    service::WorkspacePool& workspaces;
    service::Engine& engine;
    DelivererOptions options;
    std::string owner = process_identity();
    net::HttpPoster poster;
    asio::io_context loop{1};
    asio::executor_work_guard<asio::io_context::executor_type> guard;
    asio::steady_timer news{loop};
    std::map<std::string, std::optional<SideTask>> under_way;
    std::chrono::steady_clock::time_point next_tidying{};
    bool woken = false, stopping = false;
    std::optional<SideTask> main_task;
    std::thread thread;
};

Deliverer::Deliverer(service::WorkspacePool& workspaces, service::Engine& engine, DelivererOptions options)
    : parts_(std::make_unique<Parts>(workspaces, engine, std::move(options))) {}

Deliverer::~Deliverer() {
    parts_->stop();
}

void Deliverer::look() {
    asio::post(parts_->loop, [parts = parts_.get()] { parts->look_here(); });
}

}  // namespace fairlead::monitor

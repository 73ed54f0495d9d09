#include "monitor/deliverer.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>
#include <map>
#include <set>
#include <thread>

#include "base/process_identity.hpp"
#include "base/side_task.hpp"
#include "monitor/connection_target.hpp"
#include "monitor/cloud_event.hpp"
#include "monitor/event_content.hpp"
#include "monitor/receiver.hpp"
#include "net/curl_loop.hpp"
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

constexpr std::array<std::string_view, 2> kPrefixes{"webhook:", "mail:"};
constexpr std::size_t kPage = 20;
constexpr std::size_t kForgottenAtOnce = 1000;
constexpr auto kLease = std::chrono::minutes(2);   // longer than any one attempt
constexpr auto kTidying = std::chrono::minutes(1);
constexpr auto kMostAsked = std::chrono::hours(1);  // that a receiver may ask to be left alone

Time system_now() {
    return std::chrono::floor<milliseconds>(std::chrono::system_clock::now());
}

/// What a consumer is to take now, and how.
struct Work {
    Receiver to;
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
            for (const auto prefix : kPrefixes)
                for (auto& one : events.due(prefix, owner, options.now(), options.at_once))
                    due.push_back(std::move(one));
        });
        if (tidies) co_await forget_what_is_old();
        if (tidies) next_tidying = std::chrono::steady_clock::now() + kTidying;
        for (const auto& consumer : due) {
            if (under_way.contains(consumer.name))
                has_more.insert(consumer.name);
            else if (!stopping && under_way.size() < options.at_once)
                begin(consumer);
        }
    }

    /// A batch at a time, so that nobody waits long.
    awaitable<void> forget_what_is_old() {
        for (std::int64_t count = kForgottenAtOnce; count == kForgottenAtOnce && !stopping;)
            co_await in_events([&](store::EventStore& events) {
                count = events.forget("", options.now() - options.keep, kForgottenAtOnce);
            });
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
                // Looking for work costs with the number of receivers: only where there may be some that was left.
                const bool left_some = under_way.size() >= options.at_once || has_more.erase(name) > 0;
                under_way.erase(name);
                if (left_some || stopping) look_here();
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
            const auto refused = co_await attempt(consumer, letter.event, work);
            tell(refused ? Attempt::given_up : Attempt::delivered);
            co_await in_events([&](store::EventStore& events) {
                if (refused)
                    events.give_up(consumer.name, letter.event, letter.attempts + 1, refused->problem, options.now());
                else
                    events.drop(consumer.name, letter.event.id);
            });
        }
        for (const auto& event : work.events) {
            const auto refused = co_await attempt(consumer, event, work);
            if (!refused) {
                tell(Attempt::delivered);
                co_await in_events([&](store::EventStore& events) { events.advance(consumer.name, event.sequence); });
                work.attempts = 0;
                continue;
            }
            const auto attempts = ++work.attempts;
            const bool enough = attempts >= work.to.attempts.value_or(options.attempts);
            tell(enough ? Attempt::given_up : Attempt::failed);
            if (enough) has_more.insert(consumer.name);  // its turn is the next one's
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
        if (work.events.size() == kPage || work.replays.size() == kPage) has_more.insert(consumer.name);
    }

    /// Nothing when there is nothing to do any more.
    awaitable<std::optional<Work>> prepare(const store::Consumer& consumer) {
        std::optional<Work> work;
        co_await workspaces.run(as_daemon(), [&](Workspace& workspace) {
            auto& events = workspace.store().events();
            const auto now = options.now();
            if (!events.claim(consumer.name, owner, now, now + kLease)) return;
            std::optional<Receiver> to;
            try {
                to = receiver_of(workspace, consumer);
            } catch (const Error& error) {  // not signed it is not sent
                const auto found = events.consumer(consumer.name);
                const auto attempts = found ? found->attempts : 0;
                return events.postpone(consumer.name, attempts, now + options.longest_wait, error.message);
            }
            if (!to) return events.unsubscribe(consumer.name);
            work.emplace();
            work->to = std::move(*to);
            work->replays = events.replays(consumer.name, kPage);
            work->events = events.pending(consumer.name, kPage);
            const auto found = events.consumer(consumer.name);
            work->attempts = found ? found->attempts : 0;
        });
        co_return work;
    }

    awaitable<std::optional<Refused>> attempt(const store::Consumer& consumer, const catalog::FileEvent& event,
                                              const Work& work) {
        if (stopping) throw Error(ErrorCode::cancelled, "The daemon stops.");
        co_await in_events([&](store::EventStore& events) {
            const auto now = options.now();
            if (!events.claim(consumer.name, owner, now, now + kLease))
                throw Error(ErrorCode::cancelled, "Another daemon delivers them now.");
        });
        auto text = event.document;
        if (text.empty()) {
            const auto& monitor = work.to.monitor.value();
            text = cloud_event(event, monitor, co_await content_of(workspaces, engine, event, monitor));
        }
        co_return co_await send(loop_of_curl, options.mail, work.to, std::move(text));
    }

    awaitable<void> in_events(std::function<void(store::EventStore&)> call) {
        co_await workspaces.run(as_daemon(), [&](Workspace& workspace) { call(workspace.store().events()); });
    }

    void tell(Attempt came_of) {
        if (options.attempted) options.attempted(came_of);
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
    net::CurlLoop loop_of_curl;
    asio::io_context loop{1};
    asio::executor_work_guard<asio::io_context::executor_type> guard;
    asio::steady_timer news{loop};
    std::map<std::string, std::optional<SideTask>> under_way;
    std::set<std::string> has_more;  ///< than was taken at once
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

#include "monitor/scheduler.hpp"

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>
#include <list>
#include <thread>

#include "base/process_identity.hpp"
#include "base/side_task.hpp"
#include "monitor/agenda.hpp"
#include "monitor/connection_target.hpp"
#include "monitor/stored_look.hpp"
#include "service/actor.hpp"
#include "service/workspace.hpp"
#include "service/workspace_pool.hpp"
#include "store/monitor_store.hpp"
#include "store/store.hpp"
#include "transfer/failure.hpp"
#include "transfer/retry.hpp"

namespace fairlead::monitor {
namespace {

namespace asio = boost::asio;
using service::Workspace;
using std::chrono::milliseconds;

constexpr std::size_t kPage = 1000;

Time system_now() {
    return std::chrono::floor<milliseconds>(std::chrono::system_clock::now());
}

/// A monitor as the agenda has it, with when it is due.
struct Loaded {
    Agenda::Item item;
    Time due{};
};

/// All that look by themselves.
std::vector<Loaded> load(Workspace& workspace) {
    auto& store = workspace.store();
    std::map<std::string, Time, std::less<>> due;
    std::string after;
    for (auto page = store.monitors().statuses(after, kPage); !page.empty();
         page = store.monitors().statuses(after, kPage)) {
        after = page.back().monitor;
        for (const auto& status : page)
            due.emplace(status.monitor, status.next);
    }
    std::vector<Loaded> all;
    store::ResourceQuery query;
    query.kind = catalog::Kind::monitor;
    query.enabled = true;
    query.limit = kPage;
    for (auto page = store.resources().list(query); !page.empty(); page = store.resources().list(query)) {
        for (const auto& resource : page) {
            const auto monitor = catalog::monitor_of(resource);
            if (monitor.on_demand) continue;
            Loaded one;
            one.item.id = monitor.record.id;
            one.item.place = place_key(monitor);
            one.item.server = monitor.record.project + "\n" + catalog::name_key(monitor.connection);
            one.item.interval = monitor.interval;
            if (const auto found = due.find(monitor.record.id); found != due.end()) one.due = found->second;
            all.push_back(std::move(one));
        }
        query.after = store::cursor_of(page.back(), query.order);
    }
    return all;
}

/// Grows with each change of anything that is stored.
std::int64_t newest_change(Workspace& workspace) {
    const auto newest = workspace.store().audit().list({.limit = 1});
    return newest.empty() ? 0 : newest.front().sequence;
}

}  // namespace

/// All on the thread of its loop.
struct Scheduler::Parts {
    Parts(service::WorkspacePool& workspaces_, service::Engine& engine_, SchedulerOptions options_)
        : workspaces(workspaces_),
          engine(engine_),
          options(std::move(options_)),
          agenda(options.per_server),
          guard(asio::make_work_guard(loop)) {
        if (!options.now) options.now = system_now;
        main_task.emplace(loop.get_executor(), work(), [this](std::exception_ptr) { ended(); });
        renewing.emplace(loop.get_executor(), renew(), [this](std::exception_ptr) { ended(); });
        thread = std::thread([this] {
            sigset_t all;  // signals are for the thread that waits for them
            sigfillset(&all);
            pthread_sigmask(SIG_BLOCK, &all, nullptr);
            loop.run();
        });
    }

    void ended() {
        if (++ended_tasks == 2) guard.reset();
    }

    awaitable<void> work() {
        while (!stopping || !looks.empty()) {
            woken = false;
            if (!stopping) {
                if (std::chrono::steady_clock::now() >= next_reload) {
                    const auto failure = co_await transfer::caught(reload());
                    tell(failure ? failure->message : std::string());
                }
                begin_what_is_due();
            }
            if (woken) continue;
            news.expires_at(wait_until());
            boost::system::error_code ignored;
            co_await news.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        }
    }

    std::chrono::steady_clock::time_point wait_until() const {
        auto until = stopping ? std::chrono::steady_clock::time_point::max() : next_reload;
        if (stopping || looks.size() >= options.at_once) return until;
        if (const auto due = agenda.next()) {
            const auto wait = std::max(*due - options.now(), milliseconds(0));
            until = std::min(until, std::chrono::steady_clock::now() + wait);
        }
        return until;
    }

    /// Once, not every other second.
    void tell(const std::string& said) {
        if (said == trouble) return;
        trouble = said;
        if (options.report) options.report(trouble);
    }

    awaitable<void> reload() {
        next_reload = std::chrono::steady_clock::now() + options.reload;
        std::optional<std::vector<Loaded>> all;
        co_await workspaces.run(as_daemon(), [&](Workspace& workspace) {
            const auto newest = newest_change(workspace);
            if (newest == known_change) return;
            all = load(workspace);
            known_change = newest;
        });
        if (!all) co_return;
        std::set<std::string, std::less<>> ids;
        const auto now = options.now();
        for (auto& one : *all) {
            ids.insert(one.item.id);
            // Those that were never looked at, or that are due long since, come one after the other.
            agenda.put(std::move(one.item), std::max(one.due, now));
        }
        agenda.keep(ids);
    }

    void begin_what_is_due() {
        while (looks.size() < options.at_once) {
            auto turn = agenda.take(options.now());
            if (!turn) return;
            if (turn->ids.empty()) {
                agenda.release(turn->server);
                continue;
            }
            const auto look = looks.emplace(looks.end());
            const auto finished = [this, look, server = turn->server](std::exception_ptr) {
                asio::post(loop, [this, look, server] {  // not now: the task is still in its own call
                    looks.erase(look);
                    agenda.release(server);
                    wake_here();
                });
            };
            look->task.emplace(loop.get_executor(), look_at(std::move(*turn), *look), finished);
            if (stopping) look->task->cancel();
        }
    }

    struct UnderWay {
        std::optional<SideTask> task;
        std::vector<std::pair<std::string, std::uint64_t>> begun;  // monitors and the numbers of their looks
    };

    awaitable<void> look_at(Agenda::Turn turn, UnderWay& self) {
        const auto began = options.now();
        std::map<std::string, Time> due;
        std::vector<StoredLook> results;
        const auto work = [&]() -> awaitable<void> {
            results = co_await look_for(workspaces, engine, turn.ids, settings_for(turn, self, began, due));
        };
        const auto failure = co_await transfer::caught(work());
        if (failure && failure->code == ErrorCode::cancelled) co_return;
        if (failure) tell(failure->message);
        finish(turn, results, due, began, failure.has_value());
    }

    LookSettings settings_for(const Agenda::Turn& turn, UnderWay& self, Time began, std::map<std::string, Time>& due) {
        LookSettings settings;
        settings.now = options.now;
        settings.owner = owner;
        settings.lease = options.lease;
        settings.only_if_due = true;
        // Called where the engine's sessions live, while this coroutine waits. The agenda is not touched there.
        std::vector<std::pair<milliseconds, std::uint64_t>> plans;
        for (const auto& id : turn.ids) {
            const auto* item = agenda.find(id);
            plans.emplace_back(item->interval, item->failures);
        }
        const auto luck = transfer::luck();
        settings.next = [this, &turn, &due, plans = std::move(plans), luck, began](std::size_t index,
                                                                                 const LookResult& result) {
            const auto& [interval, failures] = plans.at(index);
            const auto next =
                next_look(began, options.now(), interval, result.complete() ? 0 : failures + 1, luck);
            due[turn.ids.at(index)] = next;
            return next;
        };
        settings.began = [this, &self](const std::string& monitor, std::uint64_t look) {
            asio::post(loop, [&self, monitor, look] { self.begun.emplace_back(monitor, look); });
        };
        return settings;
    }

    void finish(const Agenda::Turn& turn, const std::vector<StoredLook>& results,
                const std::map<std::string, Time>& due, Time began, bool broke_off) {
        const auto now = options.now();
        bool came = false, complete = !broke_off;
        for (const auto& one : results) {
            came = came || one.result.events > 0;
            complete = complete && (one.result.complete() || one.result.look == 0);
        }
        for (const auto& id : turn.ids) {
            const auto* item = agenda.find(id);
            if (item == nullptr) continue;
            const auto result = std::ranges::find(results, id, [](const StoredLook& l) { return l.monitor.record.id; });
            const auto next = due.find(id);
            // Whoever has it, or whoever was faster, leaves a time behind: an interval later it is known.
            const auto otherwise = next_look(began, now, std::min<milliseconds>(item->interval, options.lease), 0, 0.5);
            agenda.done(id, next == due.end() ? otherwise : next->second,
                        !broke_off && (result == results.end() || !result->result.failure));
        }
        if (came && options.events_came) options.events_came();
        if (options.looked) options.looked(std::max(began - turn.due, milliseconds(0)), now - began, complete);
    }

    /// Those who look keep the right to.
    awaitable<void> renew() {
        while (!stopping) {
            renewal.expires_after(options.lease / 3);
            boost::system::error_code ignored;
            co_await renewal.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
            std::vector<std::pair<std::string, std::uint64_t>> all;
            for (const auto& look : looks)
                all.insert(all.end(), look.begun.begin(), look.begun.end());
            if (stopping || all.empty()) continue;
            const auto until = options.now() + options.lease;
            const auto work = [&]() -> awaitable<void> {
                co_await workspaces.run(as_daemon(), [&](Workspace& workspace) {
                    workspace.store().together([&] {
                        for (const auto& [monitor, look] : all)
                            workspace.store().monitors().renew_look(monitor, look, until);
                    });
                });
            };
            co_await transfer::caught(work());  // what cannot be renewed is somebody else's soon
        }
    }

    void wake_here() {
        woken = true;
        news.cancel();
    }

    void stop() {
        asio::post(loop, [this] {
            stopping = true;
            for (auto& look : looks)
                look.task->cancel();
            renewal.cancel();
            wake_here();
        });
        thread.join();
    }

    service::WorkspacePool& workspaces;
    service::Engine& engine;
    SchedulerOptions options;
    std::string owner = process_identity();
    asio::io_context loop{1};
    Agenda agenda;
    asio::executor_work_guard<asio::io_context::executor_type> guard;
    asio::steady_timer news{loop}, renewal{loop};
    std::list<UnderWay> looks;
    std::chrono::steady_clock::time_point next_reload{};
    std::int64_t known_change = -1;
    std::string trouble;
    bool woken = false, stopping = false;
    int ended_tasks = 0;
    std::optional<SideTask> main_task, renewing;
    std::thread thread;
};

Scheduler::Scheduler(service::WorkspacePool& workspaces, service::Engine& engine, SchedulerOptions options)
    : parts_(std::make_unique<Parts>(workspaces, engine, std::move(options))) {}

Scheduler::~Scheduler() {
    parts_->stop();
}

void Scheduler::changed() {
    boost::asio::post(parts_->loop, [parts = parts_.get()] {
        parts->next_reload = {};
        parts->wake_here();
    });
}

void Scheduler::wake() {
    boost::asio::post(parts_->loop, [parts = parts_.get()] { parts->wake_here(); });
}

}  // namespace fairlead::monitor

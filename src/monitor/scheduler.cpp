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
#include <map>
#include <set>
#include <thread>

#include "base/process_identity.hpp"
#include "base/side_task.hpp"
#include "monitor/agenda.hpp"
#include "monitor/connection_target.hpp"
#include "monitor/stored_look.hpp"
#include "service/actor.hpp"
#include "service/workspace.hpp"
#include "service/workspace_pool.hpp"
#include "store/audit_store.hpp"
#include "store/clock.hpp"
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
constexpr auto kFullReload = std::chrono::minutes(1);

Time system_now() {
    return std::chrono::floor<milliseconds>(std::chrono::system_clock::now());
}

/// A monitor as the agenda has it; nothing for one that does not look by itself.
std::optional<Agenda::Item> item_of(const catalog::Resource& resource) {
    if (!resource.enabled || resource.kind != catalog::Kind::monitor) return std::nullopt;
    const auto monitor = catalog::monitor_of(resource);
    if (monitor.on_demand) return std::nullopt;
    Agenda::Item item;
    item.id = monitor.record.id;
    item.place = place_key(monitor);
    item.server = monitor.record.project + "\n" + catalog::name_key(monitor.connection);
    item.interval = monitor.interval;
    return item;
}

/// What is new among the monitors.
struct News {
    bool everything = false;  ///< `present` are all there are
    std::vector<Agenda::Item> present;
    std::vector<std::string> gone;
    std::int64_t up_to = 0;  ///< the change that is known then
};

void load_all(store::Store& store, News& news) {
    news.everything = true;
    std::map<std::string, Time, std::less<>> due;
    std::string after;
    for (auto page = store.monitors().statuses(after, kPage); !page.empty();
         page = store.monitors().statuses(after, kPage)) {
        after = page.back().monitor;
        for (const auto& status : page)
            due.emplace(status.monitor, status.next);
    }
    store::ResourceQuery query;
    query.kind = catalog::Kind::monitor;
    query.enabled = true;
    query.limit = kPage;
    for (auto page = store.resources().list(query); !page.empty(); page = store.resources().list(query)) {
        for (const auto& resource : page) {
            auto item = item_of(resource);
            if (!item) continue;
            if (const auto found = due.find(item->id); found != due.end()) item->stored = found->second;
            news.present.push_back(std::move(*item));
        }
        query.after = store::cursor_of(page.back(), query.order);
    }
}

void load_some(store::Store& store, const std::set<std::string>& ids, News& news) {
    for (const auto& id : ids) {
        const auto resource = store.resources().find(id);
        auto item = resource ? item_of(*resource) : std::nullopt;
        if (!item) {
            news.gone.push_back(id);
            continue;
        }
        if (const auto status = store.monitors().status(id)) item->stored = status->next;
        news.present.push_back(std::move(*item));
    }
}

/// What has changed since `known`, by the audit: it grows with each change of anything that is stored. Where those are
/// many, everything is loaded.
News news_since(store::Store& store, std::int64_t known, bool everything) {
    News news;
    std::set<std::string> ids;
    store::AuditQuery query;
    query.limit = 1;
    const auto newest = store.audit().list(query);
    news.up_to = newest.empty() ? 0 : newest.front().sequence;
    if (news.up_to == known && !everything) return news;
    everything = everything || news.up_to < known || news.up_to - known > static_cast<std::int64_t>(kPage);
    query.limit = kPage;
    query.before = news.up_to + 1;
    if (!everything)
        for (const auto& entry : store.audit().list(query)) {
            if (entry.sequence <= known) break;
            if (entry.kind == catalog::to_string(catalog::Kind::monitor)) ids.insert(entry.resource);
        }
    if (everything)
        load_all(store, news);
    else
        load_some(store, ids, news);
    return news;
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
                follow_clock();
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

    /// What was planned while the clock was ahead is planned anew.
    void follow_clock() {
        const auto time = options.now();
        if (time + store::kClocksDiffer < latest) {
            agenda = Agenda(options.per_server);
            known_change = -1;
            next_reload = {};
        }
        latest = time;
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
        // Of several at one database, a change with a lower number may be there only after one with a higher.
        const bool everything = known_change < 0 || std::chrono::steady_clock::now() >= next_full_reload;
        News found;
        co_await workspaces.run(as_daemon(), [&](Workspace& workspace) {
            found = news_since(workspace.store(), known_change, everything);
        });
        if (found.everything)
            next_full_reload = std::chrono::steady_clock::time_point::max();
        else if (found.up_to != known_change)
            next_full_reload = std::min(next_full_reload, std::chrono::steady_clock::now() + kFullReload);
        known_change = found.up_to;
        std::set<std::string, std::less<>> ids;
        const auto now = options.now();
        for (auto& item : found.present) {
            if (found.everything) ids.insert(item.id);
            // Those that were never looked at, or that are due long since, come one after the other.
            const bool ahead = item.stored > latest_look(now, item.interval);
            const auto due = ahead ? now : std::max(item.stored, now);
            agenda.put(std::move(item), due);
        }
        for (const auto& id : found.gone)
            agenda.remove(id);
        if (found.everything) agenda.keep(ids);
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
        // Called where the engine's sessions live, while this coroutine waits. The agenda is not touched there.
        std::vector<std::pair<milliseconds, std::uint64_t>> plans;
        std::vector<Time> due_by;
        for (const auto& id : turn.ids) {
            const auto* item = agenda.find(id);
            plans.emplace_back(item->interval, item->failures);
            due_by.push_back(item->stored);
        }
        settings.due_by = [this, due_by = std::move(due_by)](std::size_t index) -> std::optional<Time> {
            return std::max(due_by.at(index), options.now());
        };
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
        Looked looked;
        looked.complete = !broke_off;
        Time started = now;
        for (const auto& one : results) {
            for (std::size_t change = 0; change < looked.events.size(); ++change)
                looked.events.at(change) += one.result.by_change.at(change);
            if (one.result.look == 0) continue;
            ++looked.monitors;
            looked.complete = looked.complete && one.result.complete();
            if (one.result.began) started = *one.result.began;
        }
        for (const auto& id : turn.ids) {
            const auto* item = agenda.find(id);
            if (item == nullptr) continue;
            const auto result = std::ranges::find(results, id, [](const StoredLook& l) { return l.monitor.record.id; });
            if (const auto next = due.find(id); next != due.end()) {
                const bool good = !broke_off && result != results.end() && !result->result.failure;
                auto at = next->second;
                if (good) at = std::min<Time>(at, now + item->interval * 11 / 10);  // it may be shorter now
                agenda.done(id, at, good, next->second);
                continue;
            }
            // Somebody else has it, or was faster, and has left a time behind; or the store could not be asked.
            const auto known = result == results.end() ? std::nullopt : result->result.not_before;
            const auto otherwise = next_look(began, now, std::min<milliseconds>(item->interval, options.lease), 0, 0.5);
            agenda.done(id, known && *known > now ? *known : otherwise, true);
        }
        looked.late = std::max(started - turn.due, milliseconds(0));
        looked.took = now - began;
        looked.scheduled = agenda.size();
        if (std::ranges::any_of(looked.events, [](auto count) { return count > 0; }) && options.events_came)
            options.events_came();
        if (looked.monitors > 0 && options.looked) options.looked(looked);
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
    std::chrono::steady_clock::time_point next_full_reload{};
    std::int64_t known_change = -1;
    Time latest{};  // by the clock, when it was last looked at
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

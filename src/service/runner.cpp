#include "service/runner.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <algorithm>
#include <csignal>
#include <list>
#include <thread>
#include <vector>

#include "base/errand.hpp"
#include "base/process_identity.hpp"
#include "base/side_task.hpp"
#include "service/news.hpp"
#include "service/node_watch.hpp"
#include "service/runs.hpp"
#include "service/workspace.hpp"
#include "service/workspace_pool.hpp"
#include "store/store.hpp"
#include "transfer/failure.hpp"

namespace fairlead::service {
namespace {

namespace asio = boost::asio;
using catalog::Run;
using Steady = std::chrono::steady_clock;

// News wakes us; this is for what happens without anybody's doing: a moment comes, a lease runs out.
constexpr std::chrono::milliseconds kLongestLook(2'000), kShortestLook(250);
constexpr auto kTidying = std::chrono::minutes(1);
constexpr auto kCounting = std::chrono::seconds(2);

Actor as_daemon() {
    return {"fairlead", "daemon"};
}

Time now() {
    return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

}  // namespace

/// All on the thread of its loop, but for `look` and `wait_for`.
struct Runner::Parts {
    Parts(WorkspacePool& workspaces_, Executors executors_, RunnerOptions options_)
        : workspaces(workspaces_),
          executors(std::move(executors_)),
          options(std::move(options_)),
          nodes(options.lost_nodes),
          guard(asio::make_work_guard(loop)) {
        for (const auto& [kind, work] : executors)
            kinds.push_back(kind);
        main_task.emplace(loop.get_executor(), work(), [this](std::exception_ptr) { guard.reset(); });
        thread = std::thread([this] {
            sigset_t all;  // signals are for the thread that waits for them
            sigfillset(&all);
            pthread_sigmask(SIG_BLOCK, &all, nullptr);
            loop.run();
        });
        news.emplace(workspaces.directory(), workspaces.store(), [this] {
            asio::post(loop, [this] { hear(); });
            if (options.changed) options.changed();
        });
    }

    OnWorkspace on_workspace() {
        return [this](std::function<void(Workspace&)> call) {
            return workspaces.run(as_daemon(), std::move(call));
        };
    }

    /// Takes runs until it is stopped and none is under way any more.
    awaitable<void> work() {
        while (!stopping || !under_way.empty()) {
            asked = false;
            const auto failure = co_await transfer::caught(step());
            tell(failure ? failure->message : std::string());
            if (asked) continue;
            idle.expires_after(look_after());
            boost::system::error_code woken;
            co_await idle.async_wait(asio::redirect_error(asio::use_awaitable, woken));
        }
    }

    std::chrono::milliseconds look_after() const {
        return std::clamp(options.lease / 4, kShortestLook, kLongestLook);
    }

    /// Once, not at every look.
    void tell(const std::string& said) {
        if (said == trouble) return;
        trouble = said;
        if (options.report) options.report(trouble);
    }

    awaitable<void> step() {
        if (stopping) co_return;
        co_await tidy_up();
        while (!stopping && under_way.size() < options.at_once) {
            std::optional<Run> run;
            co_await workspaces.run(as_daemon(), [&](Workspace& workspace) {
                const auto at = now();
                run = Runs(workspace).store().claim(
                    {process_identity(), node_of(workspace), kinds, at, at + options.lease});
            });
            if (!run) co_return;
            if (stopping) co_return co_await put_back(*run);
            begin(std::move(*run));
        }
    }

    /// Taken while the daemon was told to stop.
    awaitable<void> put_back(const Run& run) {
        co_await workspaces.run(as_daemon(), [&](Workspace& workspace) {
            Runs(workspace).store().requeue(run.id, run.lease.fence, now(), "The daemon was stopped.");
        });
    }

    awaitable<void> tidy_up() {
        const auto time = Steady::now();
        const bool forgets = time >= next_tidying;
        const bool counts = options.observer != nullptr && time >= next_counting;
        std::uint64_t waiting = 0, running = 0;
        std::vector<Run> asked_for;
        co_await workspaces.run(as_daemon(), [&](Workspace& workspace) {
            Runs runs(workspace);
            runs.recover();
            if (forgets) runs.store().bring_forward(now());
            (void)nodes.look(workspace);
            asked_for = runs.wished_for();
            if (counts) {
                waiting = runs.store().count(catalog::RunState::queued);
                running = runs.store().count(catalog::RunState::running);
            }
            if (!forgets) return;
            runs.forget(options.retention);
            runs.forget_documents(options.keep_documents);
            if (options.keep_audit) workspace.store().audit().forget_before(now() - *options.keep_audit);
        });
        for (const auto& run : asked_for) {
            const auto found = under_way.find(std::pair(run.id, run.lease.fence));
            if (found != under_way.end() && found->second.nudge->look) found->second.nudge->look();
        }
        if (forgets) next_tidying = time + kTidying;
        if (!counts) co_return;
        next_counting = time + kCounting;
        options.observer->queue(waiting, running);
    }

    void begin(Run run) {
        const auto id = run.id;
        const auto& executor = executors.at(run.kind);
        const auto hold = [](OnWorkspace where, Run what, RunWork how, HoldOptions wanted) -> awaitable<void> {
            (void)co_await hold_run(std::move(where), std::move(what), std::move(how), std::move(wanted));
        };
        // One that we lost may come to us again before its old task has seen that.
        const auto key = std::pair(id, run.lease.fence);
        auto& work = under_way[key];
        HoldOptions wanted{[this] { return stopping; }, options.observer, options.lease, work.nudge};
        const auto ended = [this, key](std::exception_ptr) {
            asio::post(loop, [this, key] {  // not now: the task is still in its own call
                under_way.erase(key);
                for (const auto& waiter : waiters)
                    if (waiter.id == key.first) waiter.timer->cancel();
                look_here();
            });
        };
        work.task.emplace(loop.get_executor(), hold(on_workspace(), std::move(run), executor, std::move(wanted)), ended);
    }

    awaitable<Run> wait_here(std::string id) {
        asio::steady_timer timer(loop);
        const auto mine = waiters.insert(waiters.end(), {id, &timer});
        struct Until {
            std::list<Waiter>& all;
            std::list<Waiter>::iterator one;
            ~Until() { all.erase(one); }
        } until{waiters, mine};
        for (;;) {
            std::optional<Run> run;
            co_await workspaces.run(as_daemon(), [&](Workspace& workspace) { run = Runs(workspace).get(id); });
            if (catalog::has_ended(run->state)) co_return std::move(*run);
            if (stopping)
                throw Error(ErrorCode::cancelled, "The daemon stops; the run goes on when it is started again.");
            timer.expires_after(look_after());
            boost::system::error_code woken;
            co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, woken));
            if ((co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none)
                throw Error(ErrorCode::cancelled, "Nobody waits for the run any more.");
        }
    }

    void look_here() {
        asked = true;
        idle.cancel();
    }

    /// Something was changed, perhaps elsewhere.
    void hear() {
        for (const auto& waiter : waiters)
            waiter.timer->cancel();
        look_here();
    }

    void stop() {
        news.reset();
        asio::post(loop, [this] {
            stopping = true;
            // One that has not taken its first step could not put its run back: it does so before this.
            asio::post(loop, [this] {
                for (auto& [key, work] : under_way)
                    work.task->cancel();
            });
            for (const auto& waiter : waiters)
                waiter.timer->cancel();
            look_here();
        });
        thread.join();
    }

    struct Work {
        std::optional<SideTask> task;
        std::shared_ptr<Nudge> nudge = std::make_shared<Nudge>();
    };
    struct Waiter {
        std::string id;
        asio::steady_timer* timer;
    };

    WorkspacePool& workspaces;
    Executors executors;
    RunnerOptions options;
    NodeWatch nodes;
    std::vector<std::string> kinds;
    asio::io_context loop{1};
    asio::executor_work_guard<asio::io_context::executor_type> guard;
    asio::steady_timer idle{loop};
    std::map<std::pair<std::string, std::int64_t>, Work> under_way;  // by id and fence
    std::list<Waiter> waiters;
    Steady::time_point next_tidying{}, next_counting{};
    std::string trouble;
    bool asked = false;
    bool stopping = false;
    std::optional<SideTask> main_task;
    std::thread thread;
    std::optional<News> news;
};

Runner::Runner(WorkspacePool& workspaces, Executors executors, RunnerOptions options)
    : parts_(std::make_unique<Parts>(workspaces, std::move(executors), std::move(options))) {}

Runner::~Runner() {
    parts_->stop();
}

void Runner::look() {
    asio::post(parts_->loop, [parts = parts_.get()] { parts->look_here(); });
}

awaitable<Run> Runner::wait_for(std::string id) {
    std::function<awaitable<Run>()> wait = [this, id = std::move(id)] { return parts_->wait_here(id); };
    co_return co_await run_on<Run>(parts_->loop.get_executor(), std::move(wait));
}

}  // namespace fairlead::service

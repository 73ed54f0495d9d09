#include "service/held_run.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <utility>
#include <vector>

#include "base/run_together.hpp"
#include "service/runs.hpp"
#include "service/workspace.hpp"
#include "transfer/failure.hpp"

namespace fairlead::service {
namespace {

namespace asio = boost::asio;
using catalog::Run;
using catalog::RunState;

Time now() {
    return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

/// The work, and beside it the keeping of the lease.
class Holding {
  public:
    Holding(HeldRun& held, RunWork& work, asio::any_io_executor executor)
        : held_(held), work_(work), wake_(executor) {}

    awaitable<RunEnd> perform() {
        std::vector<awaitable<void>> tasks;
        tasks.push_back(do_work());
        tasks.push_back(keep());
        co_await run_together(std::move(tasks));
        co_return std::move(end_);
    }
    bool taken_over() const noexcept { return taken_over_; }
    bool asked_to_stop() const noexcept { return asked_to_stop_; }

  private:
    awaitable<void> do_work() {
        const auto act = [this]() -> awaitable<void> { end_ = co_await work_(held_); };
        const auto failure = co_await transfer::caught(act());
        over_ = true;
        wake_.cancel();
        if (failure && failure->code == ErrorCode::conflict) co_await look_whether_taken_over();
        if (failure) throw Error(*failure);
    }

    awaitable<void> keep() {
        unsigned troubles = 0;
        while (!over_) {
            wake_.expires_after(std::chrono::seconds(1));
            boost::system::error_code woken;
            co_await wake_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
            if (over_) co_return;
            if ((co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none)
                throw Error(ErrorCode::cancelled, "Stopped before the end.");
            const auto failure = co_await transfer::caught(renew());
            if (failure && failure->code == ErrorCode::conflict) {
                taken_over_ = true;
                throw Error(*failure);
            }
            // A store that is away for a moment costs no run; one that stays away costs the lease.
            troubles = failure ? troubles + 1 : 0;
            if (failure && (!failure->retryable() || std::chrono::steady_clock::now() >= lease_until_))
                throw Error(*failure);
            if (asked_to_stop_) throw Error(ErrorCode::cancelled, "Somebody asked the run to stop.");
        }
    }

    awaitable<void> renew() {
        const auto began = std::chrono::steady_clock::now();
        const auto moved = held_.moved();
        bool stop = false;
        co_await held_.on_workspace()([&](Workspace& workspace) {
            auto& store = Runs(workspace).store();
            const auto& run = held_.run();
            stop = store.renew(run.id, run.lease.fence, now() + kLease);
            if (moved == told_) return;
            store.note(run.id, run.lease.fence, "run.progress", {{"bytes", moved}}, now());
        });
        told_ = moved;
        asked_to_stop_ = stop;
        lease_until_ = began + kLease;
    }

    /// A conflict of the work's own (a name that is taken) is a failure like any other.
    awaitable<void> look_whether_taken_over() {
        const auto look = [this]() -> awaitable<void> {
            co_await held_.on_workspace()([&](Workspace& workspace) {
                const auto there = Runs(workspace).store().find(held_.run().id);
                taken_over_ = !there || there->state != RunState::running ||
                              there->lease.fence != held_.run().lease.fence;
            });
        };
        (void)co_await transfer::caught(look());
    }

    HeldRun& held_;
    RunWork& work_;
    asio::steady_timer wake_;
    RunEnd end_;
    std::chrono::steady_clock::time_point lease_until_ = std::chrono::steady_clock::now() + kLease;
    std::uint64_t told_ = 0;
    bool over_ = false;
    bool taken_over_ = false;
    bool asked_to_stop_ = false;
};

}  // namespace

awaitable<void> HeldRun::put_file(const catalog::RunFile& file, std::string_view protocol) {
    co_await on_workspace_([&](Workspace& workspace) {
        Runs(workspace).store().put_file(run_.id, run_.lease.fence, file, now());
    });
    if (observer_ != nullptr) observer_->file_done(run_, protocol, file);
}

awaitable<void> HeldRun::note(std::string_view type, const boost::json::object& data) {
    co_await on_workspace_([&](Workspace& workspace) {
        Runs(workspace).store().note(run_.id, run_.lease.fence, type, data, now());
    });
}

awaitable<Run> hold_run(OnWorkspace on_workspace, Run run, RunWork work, HandsOver hands_over,
                        RunObserver* observer) {
    HeldRun held(on_workspace, std::move(run), observer);
    Holding holding(held, work, co_await asio::this_coro::executor);
    RunEnd end;
    const auto act = [&]() -> awaitable<void> { end = co_await holding.perform(); };
    const auto failure = co_await transfer::caught(act());
    if (holding.taken_over()) throw Error(*failure);
    const bool cancelled = failure && failure->code == ErrorCode::cancelled;
    if (failure) end = {cancelled ? RunState::cancelled : RunState::failed, failure};
    const bool back = cancelled && !holding.asked_to_stop() && hands_over && hands_over();
    std::optional<Run> ended;
    co_await on_workspace([&](Workspace& workspace) {
        auto& store = Runs(workspace).store();
        const auto& id = held.run().id;
        const auto fence = held.run().lease.fence;
        if (back)
            store.requeue(id, fence, now(), "The daemon was stopped.");
        else
            store.finish(id, fence, end.state, end.error, now());
        ended = Runs(workspace).get(id);
    });
    if (observer != nullptr && !back) observer->run_ended(*ended);
    if (cancelled) throw Error(*failure);
    co_return std::move(*ended);
}

}  // namespace fairlead::service

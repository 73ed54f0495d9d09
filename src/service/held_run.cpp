#include "service/held_run.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/serialize.hpp>
#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

#include "base/run_together.hpp"
#include "service/runs.hpp"
#include "service/workspace.hpp"
#include "store/run_store.hpp"
#include "transfer/failure.hpp"

namespace fairlead::service {
namespace {

namespace asio = boost::asio;
using catalog::Run;
using catalog::RunState;
using store::RunWish;

// Of the history of a run's files, in bytes. Beyond the first it is kept only of files that needed more than one attempt or
// failed, and beyond the second of none.
constexpr std::uint64_t kMuchHistory = 16 * 1024 * 1024;
constexpr std::uint64_t kMostHistory = 32 * 1024 * 1024;

Time now() {
    return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

/// The work, and beside it the keeping of the lease.
class Holding {
  public:
    Holding(HeldRun& held, RunWork& work, const HoldOptions& options, asio::any_io_executor executor)
        : held_(held), work_(work), options_(options), wake_(executor), end_of_lease_(executor) {
        if (options.nudge) options.nudge->look = [this] { wake_.cancel(); };
    }
    ~Holding() {
        if (options_.nudge) options_.nudge->look = {};
    }
    Holding(const Holding&) = delete;
    Holding& operator=(const Holding&) = delete;

    awaitable<RunEnd> perform() {
        std::vector<awaitable<void>> tasks;
        tasks.push_back(do_work());
        tasks.push_back(keep());
        tasks.push_back(watch_lease());
        co_await run_together(std::move(tasks));
        co_return std::move(end_);
    }
    bool taken_over() const noexcept { return taken_over_; }
    RunWish wish() const noexcept { return wish_; }
    /// The lease ran out because the store could not be asked.
    bool lost_store() const noexcept { return lost_store_; }

  private:
    awaitable<void> do_work() {
        const auto act = [this]() -> awaitable<void> { end_ = co_await work_(held_); };
        const auto failure = co_await transfer::caught(act());
        over_ = true;
        wake_.cancel();
        end_of_lease_.cancel();
        if (failure && failure->code == ErrorCode::conflict) co_await look_whether_taken_over();
        if (failure) throw Error(*failure);
    }

    awaitable<void> keep() {
        const auto period = std::min<std::chrono::milliseconds>(std::chrono::seconds(1), options_.lease / 4);
        while (!over_) {
            wake_.expires_after(period);
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
            if (failure && !failure->retryable()) throw Error(*failure);
            if (wish_ == RunWish::stop) throw Error(ErrorCode::cancelled, "Somebody asked the run to stop.");
            if (wish_ == RunWish::pause) throw Error(ErrorCode::cancelled, "Somebody asked the run to pause.");
        }
    }

    /// The store may be away, and asking it take longer than the lease lasts: then others take the run for theirs.
    awaitable<void> watch_lease() {
        while (!over_ && std::chrono::steady_clock::now() < lease_until_) {
            end_of_lease_.expires_at(lease_until_);
            boost::system::error_code woken;
            co_await end_of_lease_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
            if ((co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none)
                throw Error(ErrorCode::cancelled, "Stopped before the end.");
        }
        if (over_) co_return;
        lost_store_ = true;
        throw Error(ErrorCode::cancelled, "The store could not be asked for longer than the lease of the run.");
    }

    awaitable<void> renew() {
        const auto began = std::chrono::steady_clock::now();
        const auto moved = held_.moved();
        auto wish = RunWish::none;
        co_await held_.on_workspace()([&](Workspace& workspace) {
            auto& store = Runs(workspace).store();
            const auto& run = held_.run();
            wish = store.renew(run.id, run.lease.fence, now() + options_.lease);
            held_.write_trace(workspace);
            if (moved == told_) return;
            store.note(run.id, run.lease.fence, "run.progress", {{"bytes", moved}}, now());
        });
        told_ = moved;
        wish_ = wish;
        lease_until_ = began + options_.lease;
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
    const HoldOptions& options_;
    asio::steady_timer wake_, end_of_lease_;
    RunEnd end_;
    std::chrono::steady_clock::time_point lease_until_ = std::chrono::steady_clock::now() + options_.lease;
    std::uint64_t told_ = 0;
    RunWish wish_ = RunWish::none;
    bool over_ = false;
    bool taken_over_ = false;
    bool lost_store_ = false;
};

/// Why a run goes back into the queue; nothing when it does not.
std::string reason_to_go_back(const Holding& holding, const Run& run, const HandsOver& hands_over) {
    if (holding.wish() == RunWish::stop) return {};
    if (holding.wish() == RunWish::pause) return "It was paused.";
    if (holding.lost_store() && catalog::is_resumable(run)) return "The store was away for too long.";
    return hands_over && hands_over() ? "The daemon was stopped." : "";
}

}  // namespace

HeldRun::HeldRun(OnWorkspace on_workspace, Run run, RunObserver* observer, std::chrono::milliseconds lease)
    : on_workspace_(std::move(on_workspace)), run_(std::move(run)), observer_(observer), lease_(lease) {
    if (catalog::is_traced(run_)) trace_ = std::make_shared<RunTrace>();
}

std::shared_ptr<Observer> HeldRun::trace(std::string connection, Observer* besides) const {
    return trace_ ? RunTrace::observer(trace_, std::move(connection), besides) : nullptr;
}

void HeldRun::write_trace(Workspace& workspace) {
    if (!trace_ || !trace_->has_news()) return;
    auto& store = Runs(workspace).store();
    if (!traced_) traced_ = store.add_trace(run_.id, run_.lease.fence, {});  // by a process before this one
    const auto news = trace_->news(*traced_);
    if (news.empty()) return;
    traced_ = store.add_trace(run_.id, run_.lease.fence, news);
    trace_->written(news);
}

void HeldRun::require_ours(Workspace& workspace) const {
    Runs(workspace).store().renew(run_.id, run_.lease.fence, now() + lease_);
}

awaitable<void> HeldRun::require_ours() {
    co_await on_workspace_([this](Workspace& workspace) { require_ours(workspace); });
}

catalog::RunFile HeldRun::recorded(catalog::RunFile file) {
    const bool smooth = file.ok() && file.attempts <= 1;
    if (history_ >= (smooth ? kMuchHistory : kMostHistory)) file.history.clear();
    if (file.history.empty()) return file;
    for (auto& attempt : file.history)
        attempt.as_object().emplace("node", run_.lease.owner.substr(0, run_.lease.owner.find('/')));
    history_ += boost::json::serialize(file.history).size();
    return file;
}

awaitable<void> HeldRun::put_file(const catalog::RunFile& file, std::string_view protocol) {
    co_await on_workspace_([&](Workspace& workspace) {
        Runs(workspace).store().put_file(run_.id, run_.lease.fence, recorded(file), now());
    });
    if (observer_ != nullptr) observer_->file_done(run_, protocol, file);
}

awaitable<void> HeldRun::note(std::string_view type, const boost::json::object& data) {
    co_await on_workspace_([&](Workspace& workspace) {
        Runs(workspace).store().note(run_.id, run_.lease.fence, type, data, now());
    });
}

awaitable<Run> hold_run(OnWorkspace on_workspace, Run run, RunWork work, HoldOptions options) {
    HeldRun held(on_workspace, std::move(run), options.observer, options.lease);
    Holding holding(held, work, options, co_await asio::this_coro::executor);
    RunEnd end;
    const auto act = [&]() -> awaitable<void> { end = co_await holding.perform(); };
    const auto failure = co_await transfer::caught(act());
    if (holding.taken_over()) throw Error(*failure);
    const bool cancelled = failure && failure->code == ErrorCode::cancelled;
    if (failure) end = {cancelled ? RunState::cancelled : RunState::failed, failure};
    if (holding.lost_store() && !catalog::is_resumable(held.run())) {
        end.state = RunState::failed;
        end.error->code = ErrorCode::incomplete;
    }
    const auto reason = cancelled ? reason_to_go_back(holding, held.run(), options.hands_over) : std::string();
    std::optional<Run> ended;
    co_await on_workspace([&](Workspace& workspace) {
        auto& store = Runs(workspace).store();
        const auto& id = held.run().id;
        const auto fence = held.run().lease.fence;
        held.write_trace(workspace);
        if (!reason.empty())
            store.requeue(id, fence, now(), reason);
        else
            store.finish(id, fence, end.state, end.error, now());
        ended = Runs(workspace).get(id);
    });
    if (options.observer != nullptr && reason.empty()) options.observer->run_ended(*ended);
    if (cancelled) throw Error(*failure);
    co_return std::move(*ended);
}

}  // namespace fairlead::service

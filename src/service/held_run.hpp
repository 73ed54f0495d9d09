#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "catalog/run.hpp"
#include "fairlead/file_system.hpp"
#include "service/run_trace.hpp"

namespace fairlead::service {

class Workspace;

/// Runs something on a workspace, wherever that may block, and comes back. From any thread's coroutine.
using OnWorkspace = std::function<awaitable<void>(std::function<void(Workspace&)>)>;

/// Hears what is done, to count it. Called from any thread; must neither block nor throw.
class RunObserver {
  public:
    virtual ~RunObserver() = default;
    /// What became of one file. `protocol`: of its connection, or empty.
    virtual void file_done(const catalog::Run& /*run*/, std::string_view /*protocol*/,
                           const catalog::RunFile& /*file*/) {}
    /// Something that may pass failed, and is tried again.
    virtual void retried(const catalog::Run& /*run*/) {}
    /// The run has ended, and is as it was recorded.
    virtual void run_ended(const catalog::Run& /*run*/) {}
    /// How many runs wait and how many are under way, of all nodes; told every few seconds.
    virtual void queue(std::uint64_t /*waiting*/, std::uint64_t /*running*/) {}
};

/// How long a run's owner may be silent before others take it for dead, unless somebody says otherwise.
inline constexpr std::chrono::milliseconds kLease{30'000};

/// What hold_run hands to the work: a run that this process has, and what may be recorded of it. Its functions may
/// be called from any thread's coroutine.
class HeldRun {
  public:
    HeldRun(OnWorkspace on_workspace, catalog::Run run, RunObserver* observer = nullptr,
            std::chrono::milliseconds lease = kLease);
    HeldRun(const HeldRun&) = delete;
    HeldRun& operator=(const HeldRun&) = delete;

    /// As it was when it was taken.
    const catalog::Run& run() const noexcept { return run_; }
    const OnWorkspace& on_workspace() const noexcept { return on_workspace_; }
    /// Renews the lease within the caller's transaction, or by itself; throws Error{conflict} when the run was taken
    /// over. Whoever is about to publish something asks right before.
    void require_ours(Workspace& workspace) const;
    awaitable<void> require_ours();

    /// Records a file, or what became of it. Throws Error{conflict} when the run was taken over: then nothing more
    /// may be published.
    awaitable<void> put_file(const catalog::RunFile& file, std::string_view protocol = {});
    /// The file as it is recorded: its attempts with where they were made, and within what a run may keep of them.
    catalog::RunFile recorded(catalog::RunFile file);
    /// Hears the sessions of a connection and passes that on to `besides`, where the run is to be traced (member "trace" of
    /// its request); else null. Must live as long as they do.
    std::shared_ptr<Observer> trace(std::string connection, Observer* besides = nullptr) const;
    /// Records what was heard since.
    void write_trace(Workspace& workspace);
    /// An event for those who follow the run.
    awaitable<void> note(std::string_view type, const boost::json::object& data);
    /// Bytes were moved: they are told once a second.
    void moved(std::uint64_t bytes) noexcept { moved_ += bytes; }
    std::uint64_t moved() const noexcept { return moved_; }
    void retried() noexcept {
        if (observer_ != nullptr) observer_->retried(run_);
    }

  private:
    OnWorkspace on_workspace_;
    catalog::Run run_;
    RunObserver* observer_;
    std::chrono::milliseconds lease_;
    std::atomic<std::uint64_t> moved_ = 0;
    std::shared_ptr<RunTrace> trace_;
    std::optional<std::uint64_t> traced_;  // bytes of it that are recorded
    std::atomic<std::uint64_t> history_ = 0;  // bytes of it that were recorded
};

/// How a run ended.
struct RunEnd {
    catalog::RunState state = catalog::RunState::succeeded;  ///< succeeded, partial or failed
    std::optional<Error> error;                              ///< the first, or the weightiest
};
using RunWork = std::function<awaitable<RunEnd>(HeldRun&)>;

/// What a run is to be when its work is cancelled, but nobody asked for that run to stop.
using HandsOver = std::function<bool()>;

/// Makes a run that is held look at once what is asked of it. On the thread of hold_run.
struct Nudge {
    std::function<void()> look;  ///< set as long as the run is held
};

struct HoldOptions {
    HandsOver hands_over;
    RunObserver* observer = nullptr;
    std::chrono::milliseconds lease = kLease;
    std::shared_ptr<Nudge> nudge;
};

/// Does the work of a run that this process holds (it was begun or claimed with a lease), and records its end,
/// whatever it is. Meanwhile keeps the lease, tells progress every second, and cancels the work when somebody asks
/// the run to stop or to pause, has taken it over, or the store cannot be asked for longer than the lease. What the
/// work throws is the run's failure. A caller that is cancelled cancels the work: the run is cancelled then, or, where
/// `hands_over` says yes, goes back into the queue for another process, as a run does that is to pause.
///
/// Gives the run as it is recorded; throws Error{cancelled}, only after that was recorded, when it was cancelled,
/// and Error{conflict} when it was taken over: its record is another's now.
awaitable<catalog::Run> hold_run(OnWorkspace on_workspace, catalog::Run run, RunWork work, HoldOptions options = {});

}  // namespace fairlead::service

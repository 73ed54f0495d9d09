#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "catalog/run.hpp"
#include "fairlead/file_system.hpp"

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

/// What hold_run hands to the work: a run that this process has, and what may be recorded of it. Its functions may
/// be called from any thread's coroutine.
class HeldRun {
  public:
    HeldRun(OnWorkspace on_workspace, catalog::Run run, RunObserver* observer = nullptr)
        : on_workspace_(std::move(on_workspace)), run_(std::move(run)), observer_(observer) {}
    HeldRun(const HeldRun&) = delete;
    HeldRun& operator=(const HeldRun&) = delete;

    /// As it was when it was taken.
    const catalog::Run& run() const noexcept { return run_; }
    const OnWorkspace& on_workspace() const noexcept { return on_workspace_; }

    /// Records a file, or what became of it. Throws Error{conflict} when the run was taken over: then nothing more
    /// may be published.
    awaitable<void> put_file(const catalog::RunFile& file, std::string_view protocol = {});
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
    std::atomic<std::uint64_t> moved_ = 0;
};

/// How a run ended.
struct RunEnd {
    catalog::RunState state = catalog::RunState::succeeded;  ///< succeeded, partial or failed
    std::optional<Error> error;                              ///< the first, or the weightiest
};
using RunWork = std::function<awaitable<RunEnd>(HeldRun&)>;

/// What a run is to be when its work is cancelled, but nobody asked for that run to stop.
using HandsOver = std::function<bool()>;

/// Does the work of a run that this process holds (it was begun or claimed with a lease), and records its end,
/// whatever it is. Meanwhile keeps the lease, tells progress every second, and cancels the work when somebody asks
/// the run to stop, or has taken it over. What the work throws is the run's failure. A caller that is cancelled
/// cancels the work: the run is cancelled then, or, where `hands_over` says yes, goes back into the queue for
/// another process.
///
/// Gives the run as it is recorded; throws Error{cancelled}, only after that was recorded, when it was cancelled,
/// and Error{conflict} when it was taken over: its record is another's now.
awaitable<catalog::Run> hold_run(OnWorkspace on_workspace, catalog::Run run, RunWork work,
                                 HandsOver hands_over = {}, RunObserver* observer = nullptr);

}  // namespace fairlead::service

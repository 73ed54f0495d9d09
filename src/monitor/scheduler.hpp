#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "fairlead/entry.hpp"

namespace fairlead::service {
class Engine;
class WorkspacePool;
}  // namespace fairlead::service

namespace fairlead::monitor {

/// One listing, for all who watched the place.
struct Looked {
    std::chrono::milliseconds late{0};  ///< from when it was due to when a session was there to look with
    std::chrono::milliseconds took{0};  ///< all of it
    bool complete = false;              ///< it saw everything
    std::size_t monitors = 0;
    std::array<std::uint64_t, 4> events{};  ///< that it made, by catalog::FileChange
    std::size_t scheduled = 0;              ///< monitors that this daemon knows
};

struct SchedulerOptions {
    std::function<Time()> now;  ///< empty: the system's clock
    unsigned at_once = 64;      ///< places that are looked at
    unsigned per_server = 4;    ///< of them, on one connection
    std::chrono::milliseconds lease{std::chrono::seconds(30)};
    std::chrono::milliseconds reload{std::chrono::seconds(2)};  ///< how soon changes by other processes count
    /// Told when a look has made events. On the scheduler's thread.
    std::function<void()> events_came;
    /// Told of each look. Likewise.
    std::function<void(const Looked&)> looked;
    /// Told when the store cannot be asked, and with an empty text once it can again. Likewise.
    std::function<void(const std::string& trouble)> report;
};

/// Looks for the stored monitors when they are due, as long as it lives. One listing serves all monitors of the same
/// place; sessions are the engine's, within each server's budget. Several on one store share the work: who begins a
/// look has the right to it for the time of the lease. What was missed while none ran is looked at as soon as one
/// does.
class Scheduler {
  public:
    /// Begins at once. Pool and engine must outlive this object.
    Scheduler(service::WorkspacePool& workspaces, service::Engine& engine, SchedulerOptions options = {});
    /// Stops the looks that are under way; what they have found out stays.
    ~Scheduler();
    Scheduler(const Scheduler&) = delete;
    Scheduler& operator=(const Scheduler&) = delete;

    /// Monitors have changed. From any thread.
    void changed();
    /// The clock is another one now: for clocks that tests control. From any thread.
    void wake();

  private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace fairlead::monitor

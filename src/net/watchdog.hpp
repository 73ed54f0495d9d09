#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <memory>

#include "fairlead/deadline.hpp"

namespace fairlead::net {

/// Bounds waits cheaply: one timer that is only touched when a deadline comes nearer, so that `arm` before
/// every read costs no system call while data flows.
///
/// When the deadline passes, `bite` is called once on the executor (typically it cancels a socket) and
/// `fired` is true until the next `arm`. After destruction `bite` is never called, even if the timer had
/// already expired. Belongs to one single-threaded executor.
class Watchdog {
  public:
    Watchdog(const boost::asio::any_io_executor& executor, std::function<void()> bite);
    ~Watchdog();
    Watchdog(Watchdog&&) noexcept = default;
    Watchdog& operator=(Watchdog&&) = delete;

    /// Starts a new wait that ends at `deadline`; replaces the one before.
    void arm(Deadline deadline);
    void arm(std::chrono::milliseconds from_now) { arm(Clock::now() + from_now); }
    void disarm() noexcept;
    /// Whether the deadline of the latest `arm` passed.
    bool fired() const noexcept;

  private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace fairlead::net

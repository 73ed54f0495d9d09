#pragma once

#include <atomic>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cstddef>
#include <functional>
#include <optional>
#include <semaphore>
#include <thread>

#include "fairlead/file_system.hpp"
#include "remote/local_path.hpp"

namespace fairlead::local {

/// A thread that works beside an event loop on the slots of a ring: the loop takes a slot, hands it over, and
/// gets it back when the thread has done its work on it, always in turn. What a slot is belongs to the owner;
/// between `hand_over` and the `take` that gives it back only the thread may touch it. While both keep pace,
/// neither makes a system call for the other.
class WorkRing {
  public:
    /// `work` is called on the thread with the number of a slot; it must not throw. All slots are free at
    /// first. Throws Error{internal} when there is no thread to be had.
    WorkRing(std::size_t slots, std::function<void(std::size_t slot)> work);
    /// As `finish`.
    ~WorkRing();

    /// The next slot in turn, once the thread has done with it. Not given a deadline: a disk always comes to
    /// an end. Throws cancelled.
    awaitable<std::size_t> take();
    /// The oldest slot taken goes to the thread.
    void hand_over();
    /// Waits until everything handed over is done, and ends the thread. Blocks: not for the event loop.
    void finish() noexcept;

  private:
    void run() noexcept;
    bool has_one() const noexcept { return done_ + slots_ > taken_; }

    std::size_t slots_;
    std::function<void(std::size_t)> work_;
    std::size_t taken_ = 0;  // the loop's own
    std::atomic<std::size_t> handed_ = 0;
    std::atomic<std::size_t> done_ = 0;
    std::atomic<bool> loop_waits_ = false;
    std::atomic<bool> stopping_ = false;  // after what was handed over
    std::counting_semaphore<> work_waits_{0};
    Descriptor wake_;  // eventfd: the thread has done one while the loop waited
    std::optional<boost::asio::posix::stream_descriptor> waking_;
    std::thread thread_;
};

}  // namespace fairlead::local

#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>

#include "fairlead/file_system.hpp"

namespace fairlead {

/// Something that coroutines of one single-threaded executor wait for. Not remembered: whoever waits checks
/// its condition in a loop, before and after.
class Event {
  public:
    explicit Event(boost::asio::any_io_executor executor);
    ~Event();

    /// Until the next notify_all. Throws Error{cancelled} when the waiting coroutine is cancelled.
    awaitable<void> wait();
    void notify_all();

  private:
    struct Timer;
    std::unique_ptr<Timer> timer_;
};

}  // namespace fairlead

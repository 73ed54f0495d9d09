#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <exception>
#include <functional>
#include <memory>

#include "fairlead/file_system.hpp"

namespace fairlead {

/// A coroutine that runs beside its owner and can be cancelled at any moment, also before its first step and
/// after its last one, where co_spawn with a cancellation slot of its own would throw out of the event loop.
class SideTask {
  public:
    using Ended = std::function<void(std::exception_ptr)>;

    /// Starts `work` on a single-threaded executor; `ended` is called there with what it threw, or null.
    SideTask(const boost::asio::any_io_executor& executor, awaitable<void> work, Ended ended);
    /// Terminal cancellation; a task that has not begun ends with Error{cancelled}, one that has ended stays so.
    void cancel();

  private:
    struct State;
    static awaitable<void> run(std::shared_ptr<State> state, awaitable<void> work);
    std::shared_ptr<State> state_;
};

}  // namespace fairlead

#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/cancellation_state.hpp>
#include <memory>
#include <string_view>

#include "fairlead/deadline.hpp"
#include "fairlead/file_system.hpp"

namespace fairlead::sftp {

/// Throws Error{cancelled} if a coroutine was cancelled: `state` is its `co_await
/// this_coro::cancellation_state`. Not a coroutine itself, because awaiting one in a cancelled coroutine
/// throws Asio's own exception before anything else.
void throw_if_cancelled(const boost::asio::cancellation_state& state, std::string_view step);

/// Something one coroutine waits for and another code path of the same executor announces. An announcement
/// that nobody waits for is kept until somebody does.
class Signal {
  public:
    explicit Signal(const boost::asio::any_io_executor& executor);
    ~Signal();
    Signal(const Signal&) = delete;
    Signal& operator=(const Signal&) = delete;

    void set() noexcept;
    /// Returns true when the signal was set, false at `deadline`. Throws Error{cancelled}, naming `step`.
    awaitable<bool> wait(Deadline deadline, std::string_view step);

  private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace fairlead::sftp

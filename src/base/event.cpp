#include "base/event.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace fairlead {
namespace asio = boost::asio;

struct Event::Timer {
    asio::steady_timer never;  // a timer that never expires: cancelling it wakes all who wait
};

Event::Event(asio::any_io_executor executor)
    : timer_(std::make_unique<Timer>(
          Timer{asio::steady_timer(std::move(executor), asio::steady_timer::time_point::max())})) {}

Event::~Event() = default;

awaitable<void> Event::wait() {
    boost::system::error_code woken;
    co_await timer_->never.async_wait(asio::redirect_error(asio::use_awaitable, woken));
    const auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none)
        throw Error(ErrorCode::cancelled, "Stopped before the end.");
}

void Event::notify_all() {
    timer_->never.cancel();
}

}  // namespace fairlead

#include "sftp/signal.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace fairlead::sftp {

namespace asio = boost::asio;

struct Signal::State {
    explicit State(const asio::any_io_executor& executor) : timer(executor) {}
    asio::steady_timer timer;
    bool set = false;
};

Signal::Signal(const asio::any_io_executor& executor) : state_(std::make_shared<State>(executor)) {}

Signal::~Signal() {
    state_->timer.cancel();
}

void Signal::set() noexcept {
    state_->set = true;
    state_->timer.cancel();
}

void throw_if_cancelled(const asio::cancellation_state& state, std::string_view step) {
    if (state.cancelled() == asio::cancellation_type::none) return;
    throw Error(ErrorCode::cancelled, "The operation was cancelled.").at(std::string(step));
}

awaitable<bool> Signal::wait(Deadline deadline, std::string_view step) {
    const auto state = state_;  // the signal may go while a coroutine waits
    if (!state->set) {
        state->timer.expires_at(deadline);
        boost::system::error_code ended;
        co_await state->timer.async_wait(asio::redirect_error(asio::use_awaitable, ended));
        if (!state->set && ended) {
            throw_if_cancelled(co_await asio::this_coro::cancellation_state, step);
            co_return false;
        }
    }
    const bool was_set = state->set;
    state->set = false;
    co_return was_set;
}

}  // namespace fairlead::sftp

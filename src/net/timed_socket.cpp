#include "net/timed_socket.hpp"

#include <fmt/format.h>

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <cstring>
#include <utility>

namespace fairlead::net {
namespace asio = boost::asio;

TimedSocket::TimedSocket(asio::ip::tcp::socket socket, std::string target)
    : socket_(std::move(socket)),
      watchdog_(socket_.get_executor(),
                [this] {
                    boost::system::error_code ignored;
                    socket_.cancel(ignored);
                }),
      target_(std::move(target)) {}

void TimedSocket::expect_within(std::chrono::milliseconds timeout, std::string_view step) {
    timeout_ = timeout;
    if (step_ != step) step_ = step;
}

awaitable<void> TimedSocket::readable() {
    return wait(asio::ip::tcp::socket::wait_read);
}
awaitable<void> TimedSocket::writable() {
    return wait(asio::ip::tcp::socket::wait_write);
}

awaitable<void> TimedSocket::wait(asio::ip::tcp::socket::wait_type what) {
    turns_ = 0;
    watchdog_.arm(timeout_);
    boost::system::error_code error;
    co_await socket_.async_wait(what, asio::redirect_error(asio::use_awaitable, error));
    if (!error) {
        watchdog_.disarm();
        co_return;
    }
    const bool late = watchdog_.fired();
    watchdog_.disarm();
    if (late) throw timed_out();
    co_await check_cancelled(step_);
    throw lost(error.value());
}

awaitable<void> TimedSocket::fair_turn() {
    // A stream that is always ready would never give up the thread: 16 pieces of at most 256 KiB are a
    // millisecond or two.
    if (++turns_ < 16) co_return;
    turns_ = 0;
    co_await asio::post(socket_.get_executor(), asio::use_awaitable);
}

Error TimedSocket::lost(int error_number) const {
    if (closed_ || error_number == ECANCELED || error_number == EBADF)
        return Error(ErrorCode::connection_lost,
                     fmt::format("The connection to {} was dropped from this side.", target_))
            .at(step_)
            .ends_session();
    return Error(ErrorCode::connection_lost,
                 fmt::format("The connection to {} broke: {}.", target_, std::strerror(error_number)))
        .at(step_)
        .ends_session();
}

Error TimedSocket::timed_out() const {
    return Error(ErrorCode::timeout, fmt::format("{} did not answer or move anything for {} (step '{}').",
                                                 target_, to_text(timeout_), step_))
        .at(step_)
        .hinting(
            "A firewall may be dropping packets silently, or the server is overloaded; a longer time-out "
            "helps only in the second case.")
        .ends_session();
}

void TimedSocket::close() noexcept {
    closed_ = true;
    boost::system::error_code ignored;
    socket_.close(ignored);
}

awaitable<void> check_cancelled(std::string_view step) {
    const auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none)
        throw Error(ErrorCode::cancelled, "The operation was cancelled.")
            .at(std::string(step))
            .ends_session();
}

std::string to_text(std::chrono::milliseconds duration) {
    const auto count = duration.count();
    if (count == 1000) return "1 second";
    if (count % 1000 == 0) return fmt::format("{} seconds", count / 1000);
    return fmt::format("{:.1f} seconds", static_cast<double>(count) / 1000.0);
}

}  // namespace fairlead::net

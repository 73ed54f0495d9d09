#include "net/timed_socket.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/ioctl.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

namespace fairlead::net {
namespace asio = boost::asio;

namespace {

bool ignore_sigpipe() {
    struct sigaction action {};
    if (::sigaction(SIGPIPE, nullptr, &action) != 0 || action.sa_handler != SIG_DFL) return false;
    action.sa_handler = SIG_IGN;
    return ::sigaction(SIGPIPE, &action, nullptr) == 0;
}

}  // namespace

TimedSocket::TimedSocket(asio::ip::tcp::socket socket, std::string target)
    : socket_(std::move(socket)),
      watchdog_(socket_.get_executor(),
                [this] {
                    boost::system::error_code ignored;
                    socket_.cancel(ignored);
                }),
      target_(std::move(target)) {
    static const bool once = ignore_sigpipe();
    static_cast<void>(once);
}

void TimedSocket::expect_within(std::chrono::milliseconds timeout, std::string_view step) {
    timeout_ = timeout;
    if (step_ != step) step_ = step;
}

awaitable<void> TimedSocket::readable() {
    if (!co_await wait(asio::ip::tcp::socket::wait_read, timeout_)) throw timed_out();
}

awaitable<void> TimedSocket::writable() {
    if (!co_await wait(asio::ip::tcp::socket::wait_write, timeout_)) throw timed_out();
}

awaitable<std::optional<std::size_t>> TimedSocket::receive(std::span<std::byte> into,
                                                           std::chrono::milliseconds patience) {
    turns_ = 0;
    watchdog_.arm(patience);
    boost::system::error_code error;
    const auto got = co_await socket_.async_read_some(asio::buffer(into.data(), into.size()),
                                                      asio::redirect_error(asio::use_awaitable, error));
    const bool late = watchdog_.fired();
    watchdog_.disarm();
    if (!error) co_return got;
    if (error == asio::error::eof) co_return 0;
    if (late) co_return std::nullopt;
    co_await check_cancelled(step_);
    throw lost(error.value());
}

bool TimedSocket::has_arrived() noexcept {
    int bytes = 0;
    return ::ioctl(socket_.native_handle(), FIONREAD, &bytes) == 0 && bytes > 0;
}

bool TimedSocket::has_hung_up() noexcept {
    pollfd asked{.fd = socket_.native_handle(), .events = POLLRDHUP, .revents = 0};
    return ::poll(&asked, 1, 0) > 0;
}

awaitable<bool> TimedSocket::readable_within(std::chrono::milliseconds patience) {
    co_return co_await wait(asio::ip::tcp::socket::wait_read, patience);
}

awaitable<bool> TimedSocket::wait(asio::ip::tcp::socket::wait_type what, std::chrono::milliseconds patience) {
    turns_ = 0;
    watchdog_.arm(patience);
    boost::system::error_code error;
    co_await socket_.async_wait(what, asio::redirect_error(asio::use_awaitable, error));
    const bool late = watchdog_.fired();
    watchdog_.disarm();
    if (!error) co_return true;
    if (late) co_return false;
    co_await check_cancelled(step_);
    throw lost(error.value());
}

awaitable<void> TimedSocket::yield_turn() {
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

#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "fairlead/file_system.hpp"
#include "net/watchdog.hpp"

namespace fairlead::net {

/// A connected, non-blocking TCP socket whose waits are bounded. The system calls are made on the descriptor
/// itself, by whoever knows what to do with the bytes (clear text, OpenSSL); only waiting goes through Asio.
class TimedSocket {
  public:
    /// `target` is what messages call the peer.
    TimedSocket(boost::asio::ip::tcp::socket socket, std::string target);

    int descriptor() { return socket_.native_handle(); }
    boost::asio::ip::tcp::socket& socket() noexcept { return socket_; }
    const std::string& target() const noexcept { return target_; }
    const std::string& step() const noexcept { return step_; }

    void expect_within(std::chrono::milliseconds timeout, std::string_view step);

    /// Waits until there is something to read (or the peer's end). Throws timeout, cancelled,
    /// connection_lost.
    awaitable<void> readable();
    awaitable<void> writable();
    /// Lets other work of this thread have its turn; call it before each system call. Cheap: most calls do
    /// nothing.
    awaitable<void> fair_turn();

    /// The error for a failed system call on the descriptor.
    Error lost(int error_number) const;
    Error timed_out() const;
    /// Whether `close` was called here.
    bool closed() const noexcept { return closed_; }
    void close() noexcept;

  private:
    awaitable<void> wait(boost::asio::ip::tcp::socket::wait_type what);

    boost::asio::ip::tcp::socket socket_;
    Watchdog watchdog_;
    std::chrono::milliseconds timeout_{60'000};
    std::string step_;
    std::string target_;
    unsigned turns_ = 0;
    bool closed_ = false;
};

/// Throws Error{cancelled} if the calling coroutine was cancelled.
awaitable<void> check_cancelled(std::string_view step);

/// "30 seconds", "1 second", "0.5 seconds".
std::string to_text(std::chrono::milliseconds duration);

}  // namespace fairlead::net

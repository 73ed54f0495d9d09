#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "fairlead/file_system.hpp"
#include "net/watchdog.hpp"

namespace fairlead::net {

/// A connected, non-blocking TCP socket whose waits are bounded. The system calls are made on the descriptor
/// itself, by whoever knows what to do with the bytes (clear text, OpenSSL); only waiting goes through Asio.
///
/// Making the first one sets SIGPIPE to be ignored if the process still has the default action: sendfile and
/// OpenSSL cannot be told per call that a broken connection is no reason to kill the process.
class TimedSocket {
  public:
    /// `target` is what messages call the peer.
    TimedSocket(boost::asio::ip::tcp::socket socket, std::string target);

    int descriptor() { return socket_.native_handle(); }
    boost::asio::ip::tcp::socket& socket() noexcept { return socket_; }
    const std::string& target() const noexcept { return target_; }
    const std::string& step() const noexcept { return step_; }
    std::chrono::milliseconds timeout() const noexcept { return timeout_; }

    void expect_within(std::chrono::milliseconds timeout, std::string_view step);

    /// Waits until there is something to read (or the peer's end). Throws timeout, cancelled,
    /// connection_lost.
    awaitable<void> readable();
    awaitable<void> writable();
    /// Waits for bytes and takes them, in fewer system calls than waiting and reading; 0 is the peer's end,
    /// nothing is silence for `patience`.
    awaitable<std::optional<std::size_t>> receive(std::span<std::byte> into,
                                                  std::chrono::milliseconds patience);
    /// Whether bytes have arrived that nobody has read yet. Never waits.
    bool has_arrived() noexcept;
    /// Whether the peer's end has arrived, or the connection broke, also where bytes before it are not read
    /// yet. Never waits.
    bool has_hung_up() noexcept;
    /// Like `readable`, but silence for `patience` is an answer: false.
    awaitable<bool> readable_within(std::chrono::milliseconds patience);

    /// A stream that is always ready would never give up its thread. Call `turn_is_over` before each system
    /// call; when it says so, `yield_turn` lets the thread's other work go first.
    bool turn_is_over() noexcept { return ++turns_ >= kCallsPerTurn; }
    awaitable<void> yield_turn();

    /// The error for a failed system call on the descriptor.
    Error lost(int error_number) const;
    Error timed_out() const;
    /// Whether `close` was called here.
    bool closed() const noexcept { return closed_; }
    void close() noexcept;

  private:
    awaitable<bool> wait(boost::asio::ip::tcp::socket::wait_type what, std::chrono::milliseconds patience);

    static constexpr unsigned kCallsPerTurn = 16;  // of at most 256 KiB: one or two milliseconds

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

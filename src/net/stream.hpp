#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "fairlead/file_system.hpp"

namespace fairlead::net {

/// A connected byte stream: TCP, or TLS over it. One reader and one writer at a time, on one executor.
///
/// Every wait is bounded: a read or write during which nothing moves for `timeout` throws Error{timeout} with
/// the step that was set. A reset or an unexpected end throws Error{connection_lost}; both end the stream.
class Stream {
  public:
    virtual ~Stream() = default;

    /// What the next waits are for, and how long each may take. Cheap; call it before each exchange.
    virtual void expect_within(std::chrono::milliseconds timeout, std::string_view step) = 0;

    /// Reads what is there, at least one byte; 0 is the peer's end (FIN, or close_notify).
    virtual awaitable<std::size_t> read_some(std::span<std::byte> into) = 0;
    /// Like read_some, but silence for `patience` is an answer: nothing.
    virtual awaitable<std::optional<std::size_t>> read_within(std::span<std::byte> into,
                                                              std::chrono::milliseconds patience) = 0;
    /// Whether bytes have arrived that nobody has read yet. Never waits.
    virtual bool has_arrived() noexcept = 0;
    /// Whether splice_to works: what arrives is what was sent, without TLS.
    virtual bool can_splice() const noexcept { return false; }
    /// Like read_some, straight into an empty, non-blocking pipe.
    virtual awaitable<std::uint64_t> splice_to(int pipe);
    /// Writes all of it.
    virtual awaitable<void> write(std::span<const std::byte> bytes) = 0;
    /// Whether write_from works, which sends what it is given as it is.
    virtual bool can_send_file() const noexcept { return false; }
    /// Sends part of a local file by sendfile. Returns less only at the file's end.
    virtual awaitable<std::uint64_t> write_from(int descriptor, std::uint64_t offset, std::uint64_t count);
    /// Says that nothing more will come: close_notify, then FIN.
    virtual awaitable<void> end_sending() = 0;
    /// After that: waits until the peer has closed too, so that no byte in flight is lost to a reset.
    virtual awaitable<void> wait_until_taken() = 0;
    /// Whether the end that read_some saw was announced (close_notify under TLS; always for clear TCP).
    virtual bool ended_cleanly() const = 0;
    /// Drops the connection at once. Waits in progress end with connection_lost.
    virtual void close() noexcept = 0;
    /// Whether the peer has ended the connection, read or not. Never waits.
    virtual bool has_hung_up() noexcept = 0;
};

}  // namespace fairlead::net

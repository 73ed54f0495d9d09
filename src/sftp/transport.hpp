#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "fairlead/deadline.hpp"
#include "fairlead/file_system.hpp"

namespace fairlead::sftp {

/// The byte stream that SFTP packets travel on, such as an SSH channel. Reading and writing never wait;
/// waiting is a call of its own, so that one coroutine can keep both directions going. One executor.
class Transport {
  public:
    virtual ~Transport() = default;

    /// Takes bytes that have arrived; 0: none at the moment (or the end, see `ended`). Throws
    /// connection_lost.
    virtual std::size_t read_now(std::span<std::byte> into) = 0;
    /// Hands over as many bytes as fit at the moment; 0: wait first. Throws connection_lost.
    virtual std::size_t write_now(std::span<const std::byte> bytes) = 0;
    /// Whether the other side has ended the stream and everything was read.
    virtual bool ended() const = 0;
    /// Whether what carries the stream stands, so that another one can be opened on it.
    virtual bool carrier_stands() const noexcept = 0;
    /// What the server had to say at its end (exit status, text on the error stream), else empty.
    virtual std::string last_words() const = 0;

    /// Waits until read_now or, if `to_write`, write_now may get further, until `wake` is called, or for
    /// `at_most`. One call at a time.
    virtual awaitable<void> wait(bool to_write, std::chrono::milliseconds at_most) = 0;
    /// Ends a wait that is under way.
    virtual void wake() noexcept = 0;
    /// Sends something harmless that keeps the connection from looking idle.
    virtual void keep_alive() = 0;

    /// Says good-bye as far as that works without waiting, and drops the connection.
    virtual void close() noexcept = 0;
};

/// What such streams can be opened on, such as an SSH connection after the log-in. Those that are open keep
/// the connection alive; it ends with `close`, or with the last of them after the carrier has gone.
class Carrier {
  public:
    virtual ~Carrier() = default;

    /// One more stream. Throws server_busy when the server grants no more, unsupported when it has no SFTP,
    /// timeout at `deadline`, connection_lost.
    virtual awaitable<std::unique_ptr<Transport>> open(Deadline deadline) = 0;
    /// Whether the connection stands, whatever became of the streams.
    virtual bool connected() const noexcept = 0;
    /// Ends it with all its streams.
    virtual void close() noexcept = 0;
};

}  // namespace fairlead::sftp

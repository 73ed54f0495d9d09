#pragma once

#include <memory>

#include "net/stream.hpp"
#include "net/timed_socket.hpp"

namespace fairlead::net {

/// A Stream in clear over TCP.
class PlainStream final : public Stream {
  public:
    explicit PlainStream(std::unique_ptr<TimedSocket> socket) : socket_(std::move(socket)) {}

    /// Gives the socket away, for TLS to take over; nothing read was kept back. The stream is unusable
    /// afterwards.
    std::unique_ptr<TimedSocket> release() { return std::move(socket_); }

    void expect_within(std::chrono::milliseconds timeout, std::string_view step) override;
    awaitable<std::size_t> read_some(std::span<std::byte> into) override;
    awaitable<std::optional<std::size_t>> read_within(std::span<std::byte> into,
                                                      std::chrono::milliseconds patience) override;
    bool has_arrived() noexcept override { return socket_->has_arrived(); }
    bool has_hung_up() noexcept override { return socket_->has_hung_up(); }
    bool can_splice() const noexcept override { return true; }
    awaitable<std::uint64_t> splice_to(int pipe) override;
    awaitable<void> write(std::span<const std::byte> bytes) override;
    bool can_send_file() const noexcept override { return true; }
    awaitable<std::uint64_t> write_from(int descriptor, std::uint64_t offset, std::uint64_t count) override;
    awaitable<void> end_sending() override;
    awaitable<void> wait_until_taken() override;
    bool ended_cleanly() const override { return true; }
    void close() noexcept override { socket_->close(); }

  private:
    /// Then the server copies what we send with the same caches: out of them, if a copy of ours has just
    /// passed through, which is faster by a third than sendfile, from memory that nobody has touched. To
    /// anywhere else sendfile costs less than half.
    bool ends_on_this_machine() const;
    /// What `write_from` does, by a buffer that stays in the cache.
    awaitable<std::uint64_t> copy_from(int descriptor, std::uint64_t offset, std::uint64_t count);

    std::unique_ptr<TimedSocket> socket_;
    bool wrote_ = false;  // since the last read
};

/// After our FIN: waits until everything sent has been acknowledged (which may take long and is bounded only
/// while nothing moves) and then, briefly, for something to read. False: the peer has it all but keeps its
/// side open. Throws timeout, connection_lost.
awaitable<bool> readable_after_fin(TimedSocket& socket);

}  // namespace fairlead::net

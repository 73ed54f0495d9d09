#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "base/event.hpp"

namespace fairlead {

/// Bytes on their way from a coroutine to another one, also on another thread, or to and from a thread that blocks:
/// bounded, so whoever is faster waits for the other one. One writer, one reader.
class ByteChannel {
  public:
    using Bytes = std::vector<std::byte>;

    /// A writer waits while `most` bytes or more are waiting to be read.
    explicit ByteChannel(std::size_t most) : most_(most) {}

    /// Writer: waits until the first bytes are wanted. False when none will be.
    awaitable<bool> wait_wanted();
    /// Writer: false when the reader has gone; then nothing more need be written.
    awaitable<bool> write(Bytes bytes);
    /// The same for a writer that is a thread of its own: blocks.
    bool write_blocking(Bytes bytes);
    /// Writer: that was all.
    void finish();
    /// Writer: it broke off. The reader gets what was written before, and then this.
    void fail(Error error);

    /// Reader: the next bytes; none at the end. Throws what the writer failed with.
    awaitable<Bytes> read();
    /// The same for a reader that is a thread of its own: blocks.
    Bytes read_blocking();
    /// Reader: wants no more.
    void leave();

  private:
    /// Somebody who waits for news, on a loop of its own.
    struct Waiter {
        boost::asio::any_io_executor executor;
        std::shared_ptr<Event> event;
    };
    void wake(const std::optional<Waiter>& waiter);
    /// Within the lock. Whether it was written, or need not be; else there is no room.
    std::optional<bool> try_write(Bytes& bytes);
    /// Within the lock. Nothing: there is none yet.
    std::optional<Bytes> try_read();
    awaitable<void> prepare(std::optional<Waiter>& waiter);

    std::mutex mutex_;
    std::condition_variable changed_;  // for those who block
    std::deque<Bytes> waiting_;
    std::size_t waiting_bytes_ = 0;
    const std::size_t most_;
    bool wanted_ = false, left_ = false, finished_ = false;
    std::optional<Error> failure_;
    std::optional<Waiter> writer_, reader_;  // set once, before they are first needed
};

}  // namespace fairlead

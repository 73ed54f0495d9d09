#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "base/event.hpp"

namespace fairlead {

/// Bytes on their way from a coroutine to another one, also on another thread: bounded, so whoever is faster
/// waits for the other one. One writer, one reader.
class ByteChannel {
  public:
    using Bytes = std::vector<std::byte>;

    /// A writer waits while `most` bytes or more are waiting to be read.
    explicit ByteChannel(std::size_t most) : most_(most) {}

    /// Writer: waits until the first bytes are wanted. False when none will be.
    awaitable<bool> wait_wanted();
    /// Writer: false when the reader has gone; then nothing more need be written.
    awaitable<bool> write(Bytes bytes);
    /// Writer: that was all.
    void finish();
    /// Writer: it broke off. The reader gets what was written before, and then this.
    void fail(Error error);

    /// Reader: the next bytes; none at the end. Throws what the writer failed with.
    awaitable<Bytes> read();
    /// Reader: wants no more.
    void leave();

  private:
    /// Somebody who waits for news, on a loop of its own.
    struct Waiter {
        boost::asio::any_io_executor executor;
        std::shared_ptr<Event> event;
    };
    static void wake(const std::optional<Waiter>& waiter);
    awaitable<void> prepare(std::optional<Waiter>& waiter);

    std::mutex mutex_;
    std::deque<Bytes> waiting_;
    std::size_t waiting_bytes_ = 0;
    const std::size_t most_;
    bool wanted_ = false, left_ = false, finished_ = false;
    std::optional<Error> failure_;
    std::optional<Waiter> writer_, reader_;  // set once, before they are first needed
};

}  // namespace fairlead

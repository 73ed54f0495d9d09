#include "base/byte_channel.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

namespace fairlead {

void ByteChannel::wake(const std::optional<Waiter>& waiter) {
    // Posted: the one who waits may be about to, on its own thread; then this comes after.
    if (waiter) boost::asio::post(waiter->executor, [event = waiter->event] { event->notify_all(); });
    changed_.notify_all();
}

awaitable<void> ByteChannel::prepare(std::optional<Waiter>& waiter) {
    const auto executor = co_await boost::asio::this_coro::executor;
    const std::lock_guard lock(mutex_);
    if (!waiter) waiter = Waiter{executor, std::make_shared<Event>(executor)};
}

awaitable<bool> ByteChannel::wait_wanted() {
    co_await prepare(writer_);
    for (;;) {
        {
            const std::lock_guard lock(mutex_);
            if (left_) co_return false;
            if (wanted_) co_return true;
        }
        co_await writer_->event->wait();
    }
}

std::optional<bool> ByteChannel::try_write(Bytes& bytes) {
    if (left_) return false;
    if (waiting_bytes_ >= most_) return std::nullopt;
    waiting_bytes_ += bytes.size();
    waiting_.push_back(std::move(bytes));
    wake(reader_);
    return true;
}

awaitable<bool> ByteChannel::write(Bytes bytes) {
    co_await prepare(writer_);
    for (;;) {
        {
            const std::lock_guard lock(mutex_);
            if (const auto done = try_write(bytes)) co_return *done;
        }
        co_await writer_->event->wait();
    }
}

bool ByteChannel::write_blocking(Bytes bytes) {
    std::unique_lock lock(mutex_);
    for (;; changed_.wait(lock))
        if (const auto done = try_write(bytes)) return *done;
}

void ByteChannel::finish() {
    const std::lock_guard lock(mutex_);
    finished_ = true;
    wake(reader_);
}

void ByteChannel::fail(Error error) {
    const std::lock_guard lock(mutex_);
    if (!finished_ && !failure_) failure_ = std::move(error);
    wake(reader_);
}

std::optional<ByteChannel::Bytes> ByteChannel::try_read() {
    if (!wanted_) {
        wanted_ = true;
        wake(writer_);
    }
    if (!waiting_.empty()) {
        auto bytes = std::move(waiting_.front());
        waiting_.pop_front();
        const bool was_full = waiting_bytes_ >= most_;
        waiting_bytes_ -= bytes.size();
        if (was_full && waiting_bytes_ < most_) wake(writer_);
        return bytes;
    }
    if (failure_) throw Error(*failure_);
    if (finished_) return Bytes{};
    return std::nullopt;
}

awaitable<ByteChannel::Bytes> ByteChannel::read() {
    co_await prepare(reader_);
    for (;;) {
        {
            const std::lock_guard lock(mutex_);
            if (auto bytes = try_read()) co_return std::move(*bytes);
        }
        co_await reader_->event->wait();
    }
}

ByteChannel::Bytes ByteChannel::read_blocking() {
    std::unique_lock lock(mutex_);
    for (;; changed_.wait(lock))
        if (auto bytes = try_read()) return std::move(*bytes);
}

void ByteChannel::leave() {
    const std::lock_guard lock(mutex_);
    left_ = true;
    waiting_.clear();
    waiting_bytes_ = 0;
    wake(writer_);
}

}  // namespace fairlead

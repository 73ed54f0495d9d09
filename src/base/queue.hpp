#pragma once

#include <deque>
#include <optional>
#include <utility>

#include "base/event.hpp"

namespace fairlead {

/// A bounded queue between coroutines of one single-threaded executor.
template <class T>
class Queue {
  public:
    Queue(boost::asio::any_io_executor executor, std::size_t most)
        : changed_(std::move(executor)), most_(most) {}

    /// Waits for room. False, and the item is dropped, when the queue was closed.
    awaitable<bool> push(T item) {
        while (!closed_ && items_.size() >= most_)
            co_await changed_.wait();
        if (closed_) co_return false;
        items_.push_back(std::move(item));
        changed_.notify_all();
        co_return true;
    }
    /// Waits for an item; nothing once the queue is closed and empty.
    awaitable<std::optional<T>> pop() {
        while (!closed_ && items_.empty())
            co_await changed_.wait();
        if (items_.empty()) co_return std::nullopt;
        std::optional<T> item(std::move(items_.front()));
        items_.pop_front();
        changed_.notify_all();
        co_return item;
    }
    /// Nothing more will come; what is there is still given out.
    void close() {
        closed_ = true;
        changed_.notify_all();
    }
    /// Nothing more is wanted.
    void drop() {
        items_.clear();
        close();
    }

  private:
    Event changed_;
    std::deque<T> items_;
    std::size_t most_;
    bool closed_ = false;
};

}  // namespace fairlead

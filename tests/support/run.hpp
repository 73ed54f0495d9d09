#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "fairlead/file_system.hpp"

namespace fairlead::test {

/// An event loop for one test: runs awaitables one after the other on this thread. Sessions opened in it live
/// on between the calls and must be destroyed before it.
class Loop {
  public:
    Loop();
    ~Loop();

    /// Runs `task` to its end and gives its result or throws its exception. After `limit` throws
    /// std::runtime_error: a test that waits for ever is a failed test.
    template <class T>
    T run(awaitable<T> task, std::chrono::milliseconds limit = std::chrono::seconds(60)) {
        std::optional<T> result;
        run_void(keep(std::move(task), result), {}, limit);
        return std::move(*result);
    }
    void run(awaitable<void> task, std::chrono::milliseconds limit = std::chrono::seconds(60)) {
        run_void(std::move(task), {}, limit);
    }
    /// Cancels the task as soon as it has begun and `when` is true (asked every millisecond and after every
    /// event), and gives what came of it.
    void run_and_cancel(awaitable<void> task, std::function<bool()> when,
                        std::chrono::milliseconds limit = std::chrono::seconds(60)) {
        bool running = false;
        run_void(
            watched(std::move(task), running), [&] { return running && when(); }, limit);
    }

  private:
    struct State;
    void run_void(awaitable<void> task, std::function<bool()> cancel_when, std::chrono::milliseconds limit);
    /// Before its first step and after its last one a task cannot be cancelled: then it would be co_spawn
    /// that throws, and not the task.
    static awaitable<void> watched(awaitable<void> task, bool& running) {
        struct Until {
            bool& flag;
            ~Until() { flag = false; }
        } until{running};
        running = true;
        co_await std::move(task);
    }
    template <class T>
    static awaitable<void> keep(awaitable<T> task, std::optional<T>& into) {
        into.emplace(co_await std::move(task));
    }
    std::unique_ptr<State> state_;
};

}  // namespace fairlead::test

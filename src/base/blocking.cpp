#include "base/blocking.hpp"

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <memory>

namespace fairlead {
namespace asio = boost::asio;
namespace {

constexpr std::size_t kThreads = 4;  // disks answer several syncs at once; more threads only queue there

asio::thread_pool& pool() {
    static asio::thread_pool threads(kThreads);
    return threads;
}

}  // namespace

awaitable<void> run_elsewhere(const std::function<void(std::function<void()>)>& hand_over,
                              std::function<void()> work) {
    const auto executor = co_await asio::this_coro::executor;
    std::exception_ptr failure;
    // Posting the completion makes the caller run on, to the end of its loop if it likes, while post itself
    // is still touching that loop. So the caller waits, for as good as no time, until the other thread has
    // left it alone.
    const auto left = std::make_shared<std::atomic<bool>>(false);
    auto start = [&](auto handler) {
        auto back = std::make_shared<decltype(handler)>(std::move(handler));
        auto guard =
            std::make_shared<decltype(asio::make_work_guard(executor))>(asio::make_work_guard(executor));
        hand_over([&failure, &work, left, executor, back, guard] {
            try {
                work();
            } catch (...) {
                failure = std::current_exception();
            }
            asio::post(executor, std::move(*back));
            guard->reset();
            left->store(true, std::memory_order_release);
            left->notify_one();
        });
    };
    co_await asio::async_initiate<const asio::use_awaitable_t<>&, void()>(start, asio::use_awaitable);
    left->wait(false, std::memory_order_acquire);
    if (failure) std::rethrow_exception(failure);
}

awaitable<void> run_blocking(std::function<void()> work) {
    std::function<void(std::function<void()>)> hand_over = [](std::function<void()> call) {
        asio::post(pool(), std::move(call));
    };
    co_await run_elsewhere(hand_over, std::move(work));
}

}  // namespace fairlead

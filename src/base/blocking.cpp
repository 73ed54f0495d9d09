#include "base/blocking.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>

namespace fairlead {
namespace asio = boost::asio;
namespace {

constexpr std::size_t kThreads = 4;  // disks answer several syncs at once; more threads only queue there

asio::thread_pool& pool() {
    static asio::thread_pool threads(kThreads);
    return threads;
}

}  // namespace

awaitable<void> run_blocking(std::function<void()> work) {
    const auto executor = co_await asio::this_coro::executor;
    std::exception_ptr failure;
    auto start = [&](auto handler) {
        asio::post(pool(),
                   [&, handler = std::move(handler), guard = asio::make_work_guard(executor)]() mutable {
                       try {
                           work();
                       } catch (...) {
                           failure = std::current_exception();
                       }
                       asio::post(guard.get_executor(), std::move(handler));
                   });
    };
    co_await asio::async_initiate<const asio::use_awaitable_t<>&, void()>(start, asio::use_awaitable);
    if (failure) std::rethrow_exception(failure);
}

}  // namespace fairlead

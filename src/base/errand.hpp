#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <optional>

#include "fairlead/file_system.hpp"

namespace fairlead {

/// Runs `work` on another thread's (single-threaded) executor and comes back with what came of it. `work` is
/// called there. Cancelling the caller cancels the work there; the caller always waits for its end, so the
/// work may refer to the caller's variables. That loop must run until then.
awaitable<void> run_on(boost::asio::any_io_executor there, std::function<awaitable<void>()> work);

/// The same with a result.
template <class T>
awaitable<T> run_on(boost::asio::any_io_executor there, std::function<awaitable<T>()> work) {
    std::optional<T> result;
    std::function<awaitable<void>()> keep = [&]() -> awaitable<void> { result.emplace(co_await work()); };
    co_await run_on(std::move(there), std::move(keep));
    co_return std::move(*result);
}

}  // namespace fairlead

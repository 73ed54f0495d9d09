#pragma once

#include <boost/asio/io_context.hpp>
#include <optional>
#include <utility>

#include "fairlead/file_system.hpp"

namespace fairlead {

/// Runs one coroutine to its end on a loop that nobody else runs. Throws what it throws.
void run_alone(boost::asio::io_context& loop, awaitable<void> work);

template <class T>
T run_alone(boost::asio::io_context& loop, awaitable<T> work) {
    std::optional<T> result;
    const auto keep = [](awaitable<T> inner, std::optional<T>& into) -> awaitable<void> {
        into.emplace(co_await std::move(inner));
    };
    run_alone(loop, keep(std::move(work), result));
    return std::move(*result);
}

}  // namespace fairlead

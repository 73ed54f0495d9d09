#pragma once

#include <functional>
#include <optional>

#include "fairlead/file_system.hpp"

namespace fairlead {

/// Runs `work` on a small pool of threads that are there for calls that block (disk syncs, directory walks,
/// checksums), and comes back to the caller's executor. Throws what `work` threw. Not cancellable: a
/// cancelled caller still waits for the call to end, so `work` may refer to the caller's variables.
awaitable<void> run_blocking(std::function<void()> work);

/// The same on a thread of the caller's choice: `hand_over` gives a function to it, and returns at once.
awaitable<void> run_elsewhere(const std::function<void(std::function<void()>)>& hand_over,
                              std::function<void()> work);

/// The same with a result.
template <class Work>
    requires(!std::is_void_v<std::invoke_result_t<Work>>)
awaitable<std::invoke_result_t<Work>> run_blocking(Work work) {
    std::optional<std::invoke_result_t<Work>> result;
    std::function<void()> call = [&] { result.emplace(work()); };
    co_await run_blocking(std::move(call));
    co_return std::move(*result);
}

}  // namespace fairlead

#pragma once

#include <vector>

#include "fairlead/file_system.hpp"

namespace fairlead {

/// Runs the tasks side by side on the caller's (single-threaded) executor and returns when all have ended.
/// The first that throws cancels the others, and its exception is thrown once they have ended; a cancelled
/// caller cancels all and throws Error{cancelled}. So no task outlives the call.
awaitable<void> run_together(std::vector<awaitable<void>> tasks);

}  // namespace fairlead

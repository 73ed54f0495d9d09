#pragma once

#include <chrono>
#include <string_view>

#include "fairlead/file_system.hpp"

namespace fairlead {

using Clock = std::chrono::steady_clock;
using Deadline = Clock::time_point;

/// Runs `operation`, at most until `deadline`; then it is cancelled and Error{timeout} with `step` is thrown.
/// A cancellation from outside stays `cancelled`. Sessions used inside may be unusable after a time-out.
awaitable<void> within(Deadline deadline, std::string_view step, awaitable<void> operation);

}  // namespace fairlead

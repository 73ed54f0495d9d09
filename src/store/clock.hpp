#pragma once

#include <chrono>

#include "fairlead/entry.hpp"

namespace fairlead::store {

/// How far the clocks of machines that share a store may be apart, or one may be put back, and nobody minds.
constexpr std::chrono::minutes kClocksDiffer(1);

/// The latest time, seen from `now`, until which anything may have to wait or anybody may have a right: receivers are
/// left alone for an hour at most, and rights last minutes. What a store says of a later one was written while the
/// clock was ahead, and does not count.
inline Time latest_wait(Time now) {
    constexpr std::chrono::hours kMost(2);
    return now > Time::max() - kMost ? Time::max() : now + kMost;
}

}  // namespace fairlead::store

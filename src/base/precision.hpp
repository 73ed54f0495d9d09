#pragma once

#include <chrono>

#include "fairlead/entry.hpp"

namespace fairlead {

/// How far a time of this precision may be from the true one.
inline std::chrono::milliseconds step_of(TimePrecision precision) noexcept {
    switch (precision) {
        case TimePrecision::millisecond:
            return std::chrono::milliseconds(1);
        case TimePrecision::second:
            return std::chrono::seconds(1);
        case TimePrecision::minute:
            return std::chrono::minutes(1);
        case TimePrecision::day:
            return std::chrono::days(1);
    }
    return std::chrono::seconds(1);
}

}  // namespace fairlead

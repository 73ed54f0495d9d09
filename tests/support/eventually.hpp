#pragma once

#include <chrono>
#include <thread>

namespace fairlead::test {

/// Waits until the condition holds; false when it has not within a minute. For what another process does, of which nothing
/// tells.
template <class Condition>
bool eventually(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    while (!condition()) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return true;
}

}  // namespace fairlead::test

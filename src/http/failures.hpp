#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <unordered_map>

namespace fairlead::http {

/// Counts failed attempts by client address, so that whoever guesses is made to wait. Used from one thread.
class Failures {
  public:
    using Clock = std::chrono::steady_clock;
    struct Limits {
        unsigned attempts = 10;  ///< that may fail within `window`
        std::chrono::seconds window{60};
        std::size_t addresses = 10'000;  ///< remembered at once; beyond it the oldest are forgotten
    };

    explicit Failures(Limits limits) : limits_(limits) {}

    /// How long this address has to wait; nothing: it may try.
    std::optional<std::chrono::seconds> wait_of(const std::string& address, Clock::time_point now);
    void record(const std::string& address, Clock::time_point now);

  private:
    struct Count {
        unsigned failed = 0;
        Clock::time_point since;
    };
    void forget_old(Clock::time_point now);

    Limits limits_;
    std::unordered_map<std::string, Count> counts_;
};

}  // namespace fairlead::http

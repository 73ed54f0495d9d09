#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace fairlead::net {

/// The arithmetic of a bandwidth limit: no clock, no waiting, no threads.
///
/// Bytes are entered when they have moved, and paid for as time passes. Whoever entered some waits until the
/// payments have reached them, so that several share one rate in the order in which they came. What was not
/// used for a while can be used at once, but never more than a tenth of a second's worth.
class TokenBucket {
  public:
    using Clock = std::chrono::steady_clock;

    /// Unlimited at first.
    explicit TokenBucket(Clock::time_point now) : paid_until_(now) {}

    /// Changes the rate, in bytes a second (at least 1); nothing: no limit. What is owed stays owed, at the
    /// new rate.
    void set_rate(std::optional<std::uint64_t> rate, Clock::time_point now);
    std::optional<std::uint64_t> rate() const noexcept { return rate_; }

    /// Enters bytes that have moved, and gives the receipt to wait with.
    double enter(std::uint64_t bytes, Clock::time_point now);
    /// How long until the bytes of a receipt are paid for, should the rate stay as it is; 0: they are.
    Clock::duration wait(double receipt, Clock::time_point now);

  private:
    void pay(Clock::time_point now);

    std::optional<std::uint64_t> rate_;
    double entered_ = 0;  // bytes, ever
    double paid_ = 0;     // bytes, ever; ahead of entered_ by what may go at once
    Clock::time_point paid_until_;
};

}  // namespace fairlead::net

#include "net/token_bucket.hpp"

#include <algorithm>

namespace fairlead::net {
namespace {

using Seconds = std::chrono::duration<double>;

constexpr double kAtOnce = 0.1;  // seconds' worth of bytes that may go without waiting

}  // namespace

void TokenBucket::pay(Clock::time_point now) {
    if (now <= paid_until_) return;
    const Seconds passed = now - paid_until_;
    paid_until_ = now;
    if (!rate_) {
        paid_ = entered_;
        return;
    }
    const auto rate = static_cast<double>(*rate_);
    paid_ = std::min(paid_ + rate * passed.count(), entered_ + rate * kAtOnce);
}

void TokenBucket::set_rate(std::optional<std::uint64_t> rate, Clock::time_point now) {
    if (rate == rate_) return;
    pay(now);
    rate_ = rate;
    if (!rate_) paid_ = entered_;
}

double TokenBucket::enter(std::uint64_t bytes, Clock::time_point now) {
    pay(now);
    entered_ += static_cast<double>(bytes);
    if (!rate_) paid_ = entered_;
    return entered_;
}

TokenBucket::Clock::duration TokenBucket::wait(double receipt, Clock::time_point now) {
    pay(now);
    if (!rate_ || receipt <= paid_) return Clock::duration::zero();
    const Seconds left((receipt - paid_) / static_cast<double>(*rate_));
    // Rounded up, so that the same question after so long is answered with 0.
    return std::chrono::ceil<Clock::duration>(left) + Clock::duration(1);
}

}  // namespace fairlead::net

#include "net/rate_limit.hpp"

#include <gtest/gtest.h>

#include "support/run.hpp"

namespace fairlead::net {
namespace {

using test::Loop;
using Seconds = std::chrono::duration<double>;

std::shared_ptr<RateLimit> limit_of(std::string_view schedule) {
    return std::make_shared<RateLimit>(RateSchedule::parse(schedule));
}

awaitable<void> move(const RateLimits& limits, unsigned pieces, std::uint64_t bytes) {
    for (unsigned i = 0; i < pieces; ++i)
        co_await limits.moved(bytes);
}

Seconds time_of(const RateLimits& limits, unsigned pieces, std::uint64_t bytes) {
    Loop loop;
    const auto began = std::chrono::steady_clock::now();
    loop.run(move(limits, pieces, bytes));
    return std::chrono::steady_clock::now() - began;
}

TEST(RateLimits, the_lowest_decides) {
    RateLimits limits;
    limits.add(limit_of("100M"));
    limits.add(limit_of("1M"));
    limits.add(limit_of("off"));
    const auto took = time_of(limits, 10, 32 * 1024);  // 320 KiB
    EXPECT_GE(took, Seconds(0.2));
    EXPECT_EQ(limits.piece(), 1024u * 1024 / 20);
}

TEST(RateLimits, one_limit_is_kept_by_all_who_hold_it_together) {
    RateLimits first, second;
    first.add(RateLimit::shared("a connection", RateSchedule::parse("1M")));
    second.add(RateLimit::shared("a connection", RateSchedule::parse("1M")));
    EXPECT_GE(time_of(first, 1, 256 * 1024) + time_of(second, 1, 64 * 1024), Seconds(0.2));
    RateLimits other;
    other.add(RateLimit::shared("another connection", RateSchedule::parse("off")));
    EXPECT_LT(time_of(other, 1, 1ull << 40), Seconds(1));
}

TEST(RateLimits, the_same_limit_is_not_kept_twice) {
    const auto limit = limit_of("1M");
    RateLimits limits;
    limits.add(limit);
    limits.add(limit);
    limits.add(nullptr);
    EXPECT_LT(time_of(limits, 1, 320 * 1024), Seconds(0.5));
}

TEST(RateLimits, a_wait_can_be_cancelled) {
    RateLimits limits;
    limits.add(limit_of("1K"));
    Loop loop;
    EXPECT_ANY_THROW(loop.run_and_cancel(move(limits, 1, 1ull << 30), [] { return true; }));
}

}  // namespace
}  // namespace fairlead::net

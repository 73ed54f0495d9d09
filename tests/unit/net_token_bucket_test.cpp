#include "net/token_bucket.hpp"

#include <gtest/gtest.h>

namespace fairlead::net {
namespace {

using namespace std::chrono_literals;
using Clock = TokenBucket::Clock;

class TokenBucketAt1000 : public testing::Test {
  protected:
    TokenBucketAt1000() { bucket.set_rate(1000, now); }

    double milliseconds_for(double receipt) {
        return std::chrono::duration<double, std::milli>(bucket.wait(receipt, now)).count();
    }

    Clock::time_point now{};
    TokenBucket bucket{now};
};

TEST(TokenBucket, without_a_rate_nothing_waits) {
    TokenBucket bucket({});
    EXPECT_EQ(bucket.wait(bucket.enter(1'000'000'000, Clock::time_point{}), Clock::time_point{}),
              Clock::duration::zero());
}

TEST_F(TokenBucketAt1000, bytes_take_as_long_as_the_rate_says) {
    EXPECT_NEAR(milliseconds_for(bucket.enter(500, now)), 500, 0.01);
    EXPECT_NEAR(milliseconds_for(bucket.enter(250, now)), 750, 0.01) << "after those before";
}

TEST_F(TokenBucketAt1000, the_answer_is_right_to_the_tick) {
    const auto receipt = bucket.enter(333, now);
    const auto wait = bucket.wait(receipt, now);
    now += wait;
    EXPECT_EQ(bucket.wait(receipt, now), Clock::duration::zero());
}

TEST_F(TokenBucketAt1000, the_first_to_enter_is_the_first_to_go_on) {
    const auto first = bucket.enter(100, now), second = bucket.enter(100, now);
    now += 101ms;
    EXPECT_EQ(milliseconds_for(first), 0);
    EXPECT_NEAR(milliseconds_for(second), 99, 0.01);
}

TEST_F(TokenBucketAt1000, what_was_saved_while_idle_is_a_tenth_of_a_second_at_most) {
    now += 1h;
    EXPECT_EQ(milliseconds_for(bucket.enter(100, now)), 0);
    EXPECT_NEAR(milliseconds_for(bucket.enter(1000, now)), 1000, 0.01);
}

TEST_F(TokenBucketAt1000, many_small_pieces_move_at_the_rate_in_the_end) {
    const auto began = now;
    for (int i = 0; i < 1000; ++i) {
        const auto receipt = bucket.enter(10, now);
        now += bucket.wait(receipt, now);
    }
    EXPECT_NEAR(std::chrono::duration<double>(now - began).count(), 10.0, 0.11);
}

TEST_F(TokenBucketAt1000, what_is_owed_is_paid_at_the_new_rate) {
    const auto receipt = bucket.enter(1000, now);
    now += 500ms;
    bucket.set_rate(100, now);
    EXPECT_NEAR(milliseconds_for(receipt), 5000, 0.1);
    bucket.set_rate(std::nullopt, now);
    EXPECT_EQ(milliseconds_for(receipt), 0) << "the limit has gone";
    bucket.set_rate(1000, now);
    EXPECT_NEAR(milliseconds_for(bucket.enter(200, now)), 200, 0.01) << "nothing saved before it came";
}

TEST_F(TokenBucketAt1000, a_clock_that_stands_still_changes_nothing) {
    const auto receipt = bucket.enter(100, now);
    now -= 1s;
    EXPECT_NEAR(milliseconds_for(receipt), 100, 0.01);
}

}  // namespace
}  // namespace fairlead::net

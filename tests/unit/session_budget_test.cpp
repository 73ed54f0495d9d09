#include <gtest/gtest.h>

#include "transfer/session_budget.hpp"

namespace fairlead::transfer {
namespace {

using namespace std::chrono_literals;

class SessionBudgets : public testing::Test {
  protected:
    /// Begins as many log-ins as are allowed now, up to `wanted`; all succeed.
    unsigned open(unsigned wanted) {
        unsigned begun = 0;
        while (begun < wanted && budget.may_begin(now)) {
            budget.begin();
            budget.succeeded();
            ++begun;
        }
        return begun;
    }
    bool refuse(ErrorCode code = ErrorCode::server_busy) {
        budget.begin();
        return budget.failed(Error(code, "No."), now, 1.0);
    }

    SessionBudget::Moment now{1h};
    SessionBudget budget{8, Patience{.retries = 2, .first_wait = 1s, .longest_wait = 30s}};
};

TEST_F(SessionBudgets, as_many_as_are_configured_may_be_opened) {
    EXPECT_EQ(open(100), 8u);
    budget.ended();
    EXPECT_EQ(open(100), 1u);
}

TEST_F(SessionBudgets, a_refusal_while_others_are_open_sets_the_limit_to_those) {
    open(3);
    EXPECT_TRUE(refuse());
    EXPECT_EQ(budget.allowed(), 3u);
    EXPECT_FALSE(budget.may_begin(now));
    budget.ended();
    EXPECT_TRUE(budget.may_begin(now));
}

TEST_F(SessionBudgets, a_dropped_or_refused_connection_means_the_same_when_others_are_open) {
    open(2);
    EXPECT_TRUE(refuse(ErrorCode::connection_lost));
    EXPECT_TRUE(refuse(ErrorCode::connection_refused));
    EXPECT_EQ(budget.allowed(), 2u);
}

TEST_F(SessionBudgets, a_wrong_password_is_never_waited_out) {
    EXPECT_FALSE(refuse(ErrorCode::authentication_failed));
    open(2);
    EXPECT_FALSE(refuse(ErrorCode::authentication_failed));
    EXPECT_EQ(budget.allowed(), 8u);
}

TEST_F(SessionBudgets, the_limit_grows_back_slowly_and_each_refusal_makes_it_slower) {  // field.md 43
    open(3);
    refuse();
    ASSERT_TRUE(budget.next_change());
    now = *budget.next_change();
    EXPECT_EQ(open(100), 1u);
    refuse();  // still no more than four
    EXPECT_EQ(budget.allowed(), 4u);
    const auto second = *budget.next_change() - now;
    EXPECT_EQ(second, 60s);
    now += second - 1s;
    EXPECT_FALSE(budget.may_begin(now));
    now += 1s;
    EXPECT_TRUE(budget.may_begin(now));
}

TEST_F(SessionBudgets, the_limit_never_grows_beyond_what_is_configured) {
    open(7);
    refuse();
    now += 24h;
    EXPECT_EQ(open(100), 1u);
    EXPECT_EQ(budget.next_change(), std::nullopt);
}

TEST_F(SessionBudgets, the_only_session_refused_as_busy_is_tried_again_after_growing_waits) {
    EXPECT_TRUE(refuse());
    EXPECT_FALSE(budget.may_begin(now));
    now += 1s;
    EXPECT_TRUE(budget.may_begin(now));
    EXPECT_TRUE(refuse());
    now += 1s;
    EXPECT_FALSE(budget.may_begin(now));
    now += 1s;
    EXPECT_TRUE(budget.may_begin(now));
    EXPECT_FALSE(refuse()) << "two retries were allowed";
}

TEST_F(SessionBudgets, those_who_log_in_together_do_not_count_as_refusals_of_the_only_session) {
    budget.begin();
    budget.begin();
    EXPECT_TRUE(budget.failed(Error(ErrorCode::server_busy, "No."), now, 1.0));
    EXPECT_EQ(budget.allowed(), 1u);
    budget.succeeded();
    EXPECT_FALSE(budget.may_begin(now));
}

TEST_F(SessionBudgets, only_so_many_log_in_at_the_same_moment) {
    SessionBudget large(64, {});
    unsigned begun = 0;
    for (; large.may_begin(now) && begun < 64; ++begun)
        large.begin();
    EXPECT_EQ(begun, 8u);
    large.succeeded();
    EXPECT_TRUE(large.may_begin(now));
}

TEST_F(SessionBudgets, the_smallest_of_several_limits_holds) {
    budget.limit(100);
    EXPECT_EQ(budget.most(), 8u);
    budget.limit(2);
    EXPECT_EQ(open(100), 2u);
}

}  // namespace
}  // namespace fairlead::transfer

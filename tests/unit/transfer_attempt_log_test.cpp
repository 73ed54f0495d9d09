// What an AttemptLog keeps: attempts, their steps, and where they failed, within its bounds.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "transfer/attempt_log.hpp"

namespace fairlead::transfer {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::vector<std::string> steps_of(const boost::json::value& attempt) {
    std::vector<std::string> steps;
    for (const auto& step : attempt.at("steps").as_array())
        steps.push_back(std::string(step.at("step").as_string()) + (step.at("ok").as_bool() ? "" : "!"));
    return steps;
}

TEST(AttemptLog, tells_each_attempt_with_its_steps_and_where_it_failed) {
    AttemptLog log;
    log.failed(Error(ErrorCode::timeout, "of nobody's attempt"));
    EXPECT_EQ(log.attempts(), 0);
    log.step("connect");
    log.between("192.0.2.1:21", "");
    log.step("open");
    log.step("transfer");
    log.moved(7);
    log.failed(Error(ErrorCode::connection_lost, "The server went away.").on("/in/a"));
    log.failed(Error(ErrorCode::timeout, "told twice"));
    log.step("connect");
    EXPECT_THAT(log.history(), SizeIs(2)) << "one under way is told, too";
    log.step("transfer");
    log.step("transfer");
    log.close({});
    log.close(Error(ErrorCode::timeout, "closed already"));
    ASSERT_EQ(log.attempts(), 2);
    const auto history = log.history();
    EXPECT_EQ(history[0].at("attempt"), 1);
    EXPECT_EQ(history[0].at("bytes").to_number<int>(), 7);
    EXPECT_EQ(history[0].at("source"), "192.0.2.1:21");
    EXPECT_FALSE(history[0].as_object().contains("target"));
    EXPECT_THAT(steps_of(history[0]), ElementsAre("connect", "open", "transfer!"));
    EXPECT_EQ(history[0].at("error").at("code"), "connection_lost");
    EXPECT_EQ(history[0].at("error").at("step"), "transfer");
    EXPECT_THAT(steps_of(history[1]), ElementsAre("connect", "transfer"));
    EXPECT_TRUE(history[1].at("error").is_null());
}

TEST(AttemptLog, a_failure_before_any_step_is_an_attempt) {
    AttemptLog log;
    log.close(Error(ErrorCode::not_found, "gone"));
    ASSERT_THAT(log.history(), SizeIs(1));
    EXPECT_THAT(steps_of(log.history()[0]), IsEmpty());
    EXPECT_EQ(log.history()[0].at("error").at("code"), "not_found");
}

TEST(AttemptLog, is_bounded_and_goes_on_with_what_is_there) {
    AttemptLog log;
    for (int i = 0; i < 25; ++i) {
        for (int step = 0; step < 40; ++step)
            log.step("step " + std::to_string(step));
        log.failed(Error(ErrorCode::timeout, std::string(100'000, 'x')).replied(std::string(100'000, 'y')));
    }
    EXPECT_EQ(log.attempts(), 25);
    const auto history = log.history();
    ASSERT_THAT(history, SizeIs(10));
    EXPECT_EQ(history[0].at("attempt"), 16);
    EXPECT_THAT(history[0].at("steps").as_array(), SizeIs(16));
    EXPECT_LT(history[0].at("error").at("message").as_string().size(), 2000u);
    AttemptLog next;
    next.go_on(25, history);
    next.step("connect");
    next.close({});
    EXPECT_EQ(next.attempts(), 26);
    EXPECT_EQ(next.history().back().at("attempt"), 26);
    EXPECT_THAT(next.history(), SizeIs(10));
}

}  // namespace
}  // namespace fairlead::transfer

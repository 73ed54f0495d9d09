// When something is due: cron expressions, even steps, exceptions, changes of the clock, what was missed.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/quantity.hpp"
#include "catalog/cron.hpp"
#include "catalog/schedule.hpp"

namespace fairlead::catalog {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

Time at(std::string_view text) {
    return parse_rfc3339(text);
}

std::vector<std::string> next(std::string_view cron, std::string_view after, unsigned count,
                              const std::string& zone = "UTC") {
    const Cron expression(cron);
    std::vector<std::string> moments;
    auto from = at(after);
    while (moments.size() < count) {
        const auto moment = expression.next(from, zone);
        if (!moment) break;
        moments.push_back(to_rfc3339(*moment));
        from = *moment;
    }
    return moments;
}

TEST(Cron, five_fields_are_those_of_unix) {
    EXPECT_THAT(next("*/15 * * * *", "2026-03-01T10:07:00Z", 2), ElementsAre("2026-03-01T10:15:00Z", "2026-03-01T10:30:00Z"));
    EXPECT_THAT(next("0 6 * * 1-5", "2026-03-06T06:00:00Z", 2), ElementsAre("2026-03-09T06:00:00Z", "2026-03-10T06:00:00Z"));
    EXPECT_THAT(next("0 0 * * 0", "2026-03-01T00:00:00Z", 1), ElementsAre("2026-03-08T00:00:00Z"));
    EXPECT_THAT(next("0 0 * * 7", "2026-03-01T00:00:00Z", 1), ElementsAre("2026-03-08T00:00:00Z"));
    EXPECT_THAT(next("30 4 1,15 * 5", "2026-03-01T04:30:00Z", 3),
                ElementsAre("2026-03-06T04:30:00Z", "2026-03-13T04:30:00Z", "2026-03-15T04:30:00Z"))
        << "either day suffices";
    EXPECT_THAT(next("0 22-2 * * *", "2026-03-01T22:30:00Z", 2), ElementsAre("2026-03-01T23:00:00Z", "2026-03-02T00:00:00Z"));
    EXPECT_THAT(next("@monthly", "2026-12-02T00:00:00Z", 1), ElementsAre("2027-01-01T00:00:00Z"));
}

TEST(Cron, six_and_seven_fields_are_those_of_quartz) {
    EXPECT_THAT(next("0 */5 * ? * *", "2026-03-01T10:07:00Z", 2), ElementsAre("2026-03-01T10:10:00Z", "2026-03-01T10:15:00Z"));
    EXPECT_THAT(next("0 0 6 ? * 2-6", "2026-03-06T06:00:00Z", 1), ElementsAre("2026-03-09T06:00:00Z")) << "2 is Monday";
    EXPECT_THAT(next("0 0 6 ? * MON", "2026-03-03T06:00:00Z", 1), ElementsAre("2026-03-09T06:00:00Z"));
    EXPECT_THAT(next("0 0 12 L * ?", "2026-02-01T00:00:00Z", 2), ElementsAre("2026-02-28T12:00:00Z", "2026-03-31T12:00:00Z"));
    EXPECT_THAT(next("0 0 12 L-3 * ?", "2026-02-01T00:00:00Z", 1), ElementsAre("2026-02-25T12:00:00Z"));
    EXPECT_THAT(next("0 0 12 15W * ?", "2026-03-01T00:00:00Z", 1), ElementsAre("2026-03-16T12:00:00Z")) << "15th is a Sunday";
    EXPECT_THAT(next("0 0 12 LW * ?", "2026-05-01T00:00:00Z", 1), ElementsAre("2026-05-29T12:00:00Z"));
    EXPECT_THAT(next("0 0 12 ? * 6#3", "2026-03-01T00:00:00Z", 1), ElementsAre("2026-03-20T12:00:00Z"));
    EXPECT_THAT(next("0 0 12 ? * 6L", "2026-03-01T00:00:00Z", 1), ElementsAre("2026-03-27T12:00:00Z"));
    EXPECT_THAT(next("0 0 0 1 1 ? 2027", "2026-03-01T00:00:00Z", 5), ElementsAre("2027-01-01T00:00:00Z"));
    EXPECT_THAT(next("0 0 0 29 2 ?", "2026-03-01T00:00:00Z", 1), ElementsAre("2028-02-29T00:00:00Z"));
}

TEST(Cron, a_time_that_the_clock_skips_is_taken_right_after_and_one_that_comes_twice_once) {
    EXPECT_THAT(next("30 2 * * *", "2026-03-28T12:00:00Z", 2, "Europe/Berlin"),
                ElementsAre("2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"));
    EXPECT_THAT(next("30 2 * * *", "2026-10-24T12:00:00Z", 2, "Europe/Berlin"),
                ElementsAre("2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"));
}

TEST(Cron, what_takes_every_hour_goes_on_by_the_hour_whatever_the_clock_does) {
    EXPECT_THAT(next("0 * * * *", "2026-03-28T23:30:00Z", 3, "Europe/Berlin"),
                ElementsAre("2026-03-29T00:00:00Z", "2026-03-29T01:00:00Z", "2026-03-29T02:00:00Z"));
    EXPECT_THAT(next("0 * * * *", "2026-10-24T23:30:00Z", 4, "Europe/Berlin"),
                ElementsAre("2026-10-25T00:00:00Z", "2026-10-25T01:00:00Z", "2026-10-25T02:00:00Z", "2026-10-25T03:00:00Z"));
}

TEST(Cron, what_is_wrong_is_named) {
    const auto problem = [](std::string_view text) {
        try {
            Cron{text};
        } catch (const Error& error) {
            return error.message;
        }
        return std::string();
    };
    EXPECT_THAT(problem("* * *"), HasSubstr("3 fields"));
    EXPECT_THAT(problem("60 * * * *"), HasSubstr("minute"));
    EXPECT_THAT(problem("* * * FOO *"), HasSubstr("month 'FOO'"));
    EXPECT_THAT(problem("*/0 * * * *"), HasSubstr("step"));
    EXPECT_THAT(problem("* * * * 8"), HasSubstr("day of the week"));
}

std::vector<std::string> moments(const Schedule& schedule, std::string_view after, unsigned count,
                                 const std::string& zone = "UTC") {
    std::vector<std::string> found;
    auto from = at(after);
    while (found.size() < count) {
        const auto moment = next_moment(schedule, zone, from);
        if (!moment) break;
        found.push_back(to_rfc3339(*moment));
        from = *moment;
    }
    return found;
}

TEST(Schedules, even_steps_are_counted_from_the_start) {
    Schedule schedule;
    schedule.every = std::chrono::minutes(15);
    schedule.start = at("2026-03-01T10:05:00Z");
    EXPECT_THAT(moments(schedule, "2026-02-01T00:00:00Z", 2), ElementsAre("2026-03-01T10:05:00Z", "2026-03-01T10:20:00Z"));
    EXPECT_THAT(moments(schedule, "2026-03-01T10:20:00Z", 1), ElementsAre("2026-03-01T10:35:00Z"));
    schedule.end = at("2026-03-01T10:30:00Z");
    EXPECT_THAT(moments(schedule, "2026-03-01T10:00:00Z", 9), SizeIs(2));
}

TEST(Schedules, days_and_weeks_keep_the_time_on_the_wall) {
    Schedule schedule;
    schedule.every = std::chrono::days(1);
    schedule.start = at("2026-03-28T05:00:00Z");  // 06:00 in Berlin
    EXPECT_THAT(moments(schedule, "2026-03-28T05:00:00Z", 2, "Europe/Berlin"),
                ElementsAre("2026-03-29T04:00:00Z", "2026-03-30T04:00:00Z"));
    schedule.every = std::chrono::weeks(2);
    EXPECT_THAT(moments(schedule, "2026-03-28T05:00:00Z", 1, "Europe/Berlin"), ElementsAre("2026-04-11T04:00:00Z"));
}

TEST(Schedules, a_single_time_and_days_without_runs) {
    Schedule once;
    once.start = at("2026-03-01T10:00:00Z");
    EXPECT_THAT(moments(once, "2026-02-01T00:00:00Z", 5), ElementsAre("2026-03-01T10:00:00Z"));
    Schedule daily;
    daily.cron = "0 6 * * *";
    daily.except = {"saturday", "sun", "12-25", "2026-12-28/2026-12-30"};
    EXPECT_THAT(moments(daily, "2026-12-24T06:00:00Z", 2), ElementsAre("2026-12-31T06:00:00Z", "2027-01-01T06:00:00Z"));
    Schedule often;
    often.every = std::chrono::seconds(1);
    often.except = {"2026-12-25"};
    EXPECT_THAT(moments(often, "2026-12-24T23:59:59Z", 1), ElementsAre("2026-12-26T00:00:00Z"));
}

TEST(Schedules, what_was_missed_is_left_out_made_up_for_once_or_each_time) {  // field.md 137
    Schedule schedule;
    schedule.cron = "0 * * * *";
    const auto since = at("2026-03-01T10:00:00Z"), now = at("2026-03-01T13:30:00Z");
    schedule.missed = "skip";
    auto due = decide_due(schedule, "UTC", since, now);
    EXPECT_THAT(due.run, IsEmpty());
    EXPECT_THAT(due.passed, SizeIs(3));
    EXPECT_EQ(to_rfc3339(*due.next), "2026-03-01T14:00:00Z");
    schedule.missed = "once";
    due = decide_due(schedule, "UTC", since, now);
    EXPECT_THAT(due.run, ElementsAre(at("2026-03-01T13:00:00Z")));
    EXPECT_THAT(due.passed, SizeIs(2));
    schedule.missed = "all";
    EXPECT_THAT(decide_due(schedule, "UTC", since, now).run, SizeIs(3));
    schedule.missed = "skip";
    due = decide_due(schedule, "UTC", since, at("2026-03-01T13:00:02Z"));
    EXPECT_THAT(due.run, ElementsAre(at("2026-03-01T13:00:00Z"))) << "this one was not missed";
    EXPECT_THAT(due.passed, SizeIs(2));
}

TEST(Schedules, a_week_of_seconds_is_not_counted_one_by_one) {
    Schedule schedule;
    schedule.every = std::chrono::seconds(1);
    const auto due = decide_due(schedule, "UTC", at("2026-03-01T00:00:00Z"), at("2026-03-08T00:00:00Z"));
    EXPECT_THAT(due.run, SizeIs(60 + 1)) << "of the last minute, none of which was missed";
    EXPECT_LE(due.passed.size(), 1100u);
}

TEST(Schedules, what_does_not_go_together_is_refused) {
    const auto fields = [](const Schedule& schedule) {
        std::vector<std::string> names;
        for (const auto& fault : validate(schedule, "UTC", "schedule."))
            names.push_back(fault.field);
        return names;
    };
    EXPECT_THAT(fields({}), ElementsAre("schedule.cron"));
    EXPECT_THAT(fields({.cron = "0 0 30 2 *"}), ElementsAre("schedule.cron")) << "never comes";
    EXPECT_THAT(fields({.cron = "* * * * *", .every = std::chrono::hours(1)}), ElementsAre("schedule.every"));
    EXPECT_THAT(fields({.every = std::chrono::milliseconds(10)}), ElementsAre("schedule.every"));
    EXPECT_THAT(fields({.cron = "* * * * *", .except = {"someday"}}), ElementsAre("schedule.except"));
    EXPECT_THAT(fields({.cron = "*/5 * * * *", .except = {"12-25"}}), IsEmpty());
}

}  // namespace
}  // namespace fairlead::catalog

#include "base/rate_schedule.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/quantity.hpp"
#include "fairlead/error.hpp"

namespace fairlead {
namespace {

using ::testing::HasSubstr;

constexpr std::uint64_t kK = 1024, kM = 1024 * 1024;

RateSchedule::Rate rate(std::string_view schedule, std::string_view when) {
    return RateSchedule::parse(schedule).at(parse_rfc3339(when));
}

TEST(RateSchedule, one_rate_holds_always) {
    EXPECT_EQ(rate("10M", "2026-03-02T03:00:00Z"), 10 * kM);
    EXPECT_EQ(rate("1.5K", "2026-03-02T03:00:00Z"), 1536u);
    EXPECT_EQ(rate("1000", "2026-03-02T03:00:00Z"), 1000u);
    EXPECT_EQ(rate("off", "2026-03-02T03:00:00Z"), std::nullopt);
    EXPECT_EQ(rate("0", "2026-03-02T03:00:00Z"), std::nullopt);
}

TEST(RateSchedule, a_timetable_holds_every_day_and_over_midnight) {
    constexpr std::string_view kDay = "08:00,512K 19:00,10M 23:00,off UTC";
    EXPECT_EQ(rate(kDay, "2026-03-02T07:59:59Z"), std::nullopt) << "since 23:00 of the day before";
    EXPECT_EQ(rate(kDay, "2026-03-02T08:00:00Z"), 512 * kK);
    EXPECT_EQ(rate(kDay, "2026-03-05T18:59:59Z"), 512 * kK);
    EXPECT_EQ(rate(kDay, "2026-03-05T19:00:00Z"), 10 * kM);
    EXPECT_EQ(rate(kDay, "2026-03-08T23:30:00Z"), std::nullopt);
}

TEST(RateSchedule, the_order_in_which_a_timetable_is_written_does_not_matter) {
    EXPECT_EQ(rate("23:00,off 08:00,512K UTC", "2026-03-02T09:00:00Z"), 512 * kK);
}

TEST(RateSchedule, days_of_the_week_hold_until_the_next_one_named) {
    constexpr std::string_view kWeek = "Mon-09:00,1K Friday-18:00,off sun-20:00,2K UTC";
    EXPECT_EQ(rate(kWeek, "2026-03-02T08:59:00Z"), 2 * kK) << "a Monday, before its time";
    EXPECT_EQ(rate(kWeek, "2026-03-02T09:00:00Z"), kK);
    EXPECT_EQ(rate(kWeek, "2026-03-06T17:59:00Z"), kK);
    EXPECT_EQ(rate(kWeek, "2026-03-07T12:00:00Z"), std::nullopt);
    EXPECT_EQ(rate(kWeek, "2026-03-08T20:00:00Z"), 2 * kK);
}

TEST(RateSchedule, times_are_of_the_zone_that_is_named_summer_time_included) {
    constexpr std::string_view kBerlin = "08:00,1K 20:00,2K Europe/Berlin";
    EXPECT_EQ(rate(kBerlin, "2026-01-15T06:59:00Z"), 2 * kK);
    EXPECT_EQ(rate(kBerlin, "2026-01-15T07:00:00Z"), kK);
    EXPECT_EQ(rate(kBerlin, "2026-07-15T05:59:00Z"), 2 * kK);
    EXPECT_EQ(rate(kBerlin, "2026-07-15T06:00:00Z"), kK);
}

TEST(RateSchedule, what_is_not_understood_is_named) {
    for (const auto& [text, part] : std::initializer_list<std::pair<std::string, std::string>>{
             {"", ""},
             {"fast", "fast"},
             {"08:00,1M 25:00,off", "25:00,off"},
             {"8,1M", "8,1M"},
             {"08:00,1M Mon-0900,off", "Mon-0900,off"},
             {"Moon-08:00,1M", "Moon-08:00,1M"},
             {"08:00,quick", "quick"},
             {"08:00,1M Europe/Atlantis", "Europe/Atlantis"},
             {"10M 20M", "20M"}}) {
        try {
            RateSchedule::parse(text, "bwlimit");
            ADD_FAILURE() << text;
        } catch (const Error& error) {
            EXPECT_EQ(error.code, ErrorCode::invalid_argument);
            ASSERT_EQ(error.faults.size(), 1u);
            EXPECT_EQ(error.faults[0].field, "bwlimit");
            EXPECT_EQ(error.faults[0].value, part);
            EXPECT_THAT(error.message, HasSubstr("'" + part + "'"));
        }
    }
}

}  // namespace
}  // namespace fairlead

#include <gtest/gtest.h>

#include "fairlead/error.hpp"
#include "ftp/list_time.hpp"
#include "ftp/pwd.hpp"
#include "ftp/time_value.hpp"

namespace fairlead::ftp {
namespace {

using namespace std::chrono;

std::string shown(const std::optional<Time>& time) {
    return time ? to_rfc3339(*time) : "none";
}
std::string value(std::string_view text) {
    const auto found = parse_time_value(text);
    return found ? to_rfc3339(found->time) : "none";
}
Time moment(int y, unsigned m, unsigned d, int hour = 0, int minute = 0) {
    return sys_days(year(y) / month(m) / day(d)) + hours(hour) + minutes(minute);
}

TEST(FtpTime, landmine_22_time_values) {
    EXPECT_EQ(value("20260301093012"), "2026-03-01T09:30:12Z");
    EXPECT_EQ(value("20260301093012.5"), "2026-03-01T09:30:12.500Z");
    EXPECT_EQ(value("20260301093012.123456"), "2026-03-01T09:30:12.123Z");
    EXPECT_EQ(value("191260301093012"), "2026-03-01T09:30:12Z");  // "19" and 126 years since 1900
    EXPECT_EQ(value("191000301093012"), "2000-03-01T09:30:12Z");
    EXPECT_EQ(value("202603010930"), "2026-03-01T09:30:00Z");
    EXPECT_EQ(value("20161231235960"), "2016-12-31T23:59:59Z");
    for (const auto* garbage :
         {"", "2026", "20261301093012", "20260230093012", "20260301243012", "2026030109301", "x",
          "20260301093012x", "00000000000000", "99999999999999999999"})
        EXPECT_EQ(value(garbage), "none") << garbage;
    EXPECT_EQ(parse_time_value("20260301093012.5")->precision, TimePrecision::millisecond);
    EXPECT_EQ(parse_time_value("20260301093012")->precision, TimePrecision::second);
}

TEST(FtpTime, a_time_is_found_among_the_words_of_a_213) {
    EXPECT_EQ(to_rfc3339(parse_mdtm_text("modified at 20260301093012 UTC")->time), "2026-03-01T09:30:12Z");
    EXPECT_FALSE(parse_mdtm_text("no time here").has_value());
}

TEST(FtpTime, written_and_read_it_is_the_same) {
    EXPECT_EQ(format_time_value(moment(2026, 3, 1, 9, 30)), "20260301093000");
    EXPECT_EQ(parse_time_value(format_time_value(moment(1999, 12, 31)))->time, moment(1999, 12, 31));
}

TEST(FtpTime, landmine_76_a_missing_year_is_the_latest_that_is_not_in_the_future) {
    ListTime time("UTC", moment(2026, 3, 1, 12));
    EXPECT_EQ(shown(time.recent(2, 28, 9, 0)), "2026-02-28T09:00:00Z");
    EXPECT_EQ(shown(time.recent(3, 1, 12, 10)), "2026-03-01T12:10:00Z");  // a clock slightly ahead
    EXPECT_EQ(shown(time.recent(3, 2, 23, 0)), "2026-03-02T23:00:00Z");   // or in another zone
    EXPECT_EQ(shown(time.recent(8, 1, 9, 0)), "2025-08-01T09:00:00Z");    // seven months old
    EXPECT_EQ(shown(time.recent(12, 31, 23, 59)), "2025-12-31T23:59:00Z");
    ListTime new_year("UTC", moment(2025, 12, 31, 23, 50));
    EXPECT_EQ(shown(new_year.recent(1, 1, 0, 5)), "2026-01-01T00:05:00Z");
}

TEST(FtpTime, landmine_76_29_february_takes_the_latest_leap_year) {
    ListTime time("UTC", moment(2026, 3, 1));
    EXPECT_EQ(shown(time.recent(2, 29, 10, 0)), "2024-02-29T10:00:00Z");
    EXPECT_EQ(shown(time.at(2026, 2, 29)), "none");
    EXPECT_EQ(shown(time.recent(2, 30, 10, 0)), "none");
}

TEST(FtpTime, landmine_77_a_zone_with_its_summer_time) {
    ListTime berlin("Europe/Berlin", moment(2026, 12, 1));
    EXPECT_EQ(shown(berlin.at(2026, 1, 15, 12)), "2026-01-15T11:00:00Z");
    EXPECT_EQ(shown(berlin.at(2026, 7, 15, 12)), "2026-07-15T10:00:00Z");
    EXPECT_EQ(shown(berlin.at(2026, 7, 15, 13)), "2026-07-15T11:00:00Z");  // from the remembered offset
    EXPECT_EQ(shown(berlin.at(2026, 1, 15, 13)), "2026-01-15T12:00:00Z");
    EXPECT_EQ(shown(berlin.at(2026, 3, 29, 2, 30)),
              "2026-03-29T01:00:00Z");  // skipped: the moment of the jump
    EXPECT_EQ(shown(berlin.at(2026, 10, 25, 2, 30)), "2026-10-25T00:30:00Z");  // twice: the first
    EXPECT_EQ(shown(berlin.at(2026, 10, 25, 3, 30)), "2026-10-25T02:30:00Z");
}

TEST(FtpTime, an_unknown_zone_is_refused) {
    EXPECT_THROW(ListTime("Mars/Olympus", Time{}), Error);
    EXPECT_NO_THROW(ListTime("", Time{}));
}

std::string directory(std::string line, int code = 257) {
    Reply reply;
    reply.code = code;
    reply.lines.push_back(std::move(line));
    return parse_directory_reply(reply).value_or("none");
}

TEST(FtpPwd, landmine_16_directories_as_servers_write_them) {
    EXPECT_EQ(directory("257 \"/home/a\" is current directory."), "/home/a");
    EXPECT_EQ(directory("257 \"/a \"\"b\"\" c\" is current"), "/a \"b\" c");
    EXPECT_EQ(directory("257 \" lead \" is current"), " lead ");
    EXPECT_EQ(directory("257 \"'USER.'\" is working directory"), "'USER.'");
    EXPECT_EQ(directory("257 \"C:\\data\" is current"), "C:\\data");
    EXPECT_EQ(directory("257 DISK$A:[USER.SUB]"), "DISK$A:[USER.SUB]");
    EXPECT_EQ(directory("257 /home/a is current directory"), "/home/a");
    EXPECT_EQ(directory("257 \"/unclosed is current directory"), "/unclosed");
    EXPECT_EQ(directory("257 Current directory is \"/x\""), "/x");
    EXPECT_EQ(directory("257 "), "none");
    EXPECT_EQ(directory("257 \"\""), "none");
    EXPECT_EQ(directory("550 \"/x\"", 550), "none");
}

TEST(FtpPwd, landmine_16_the_style_of_paths) {
    EXPECT_EQ(path_style("/x"), PathStyle::unix_);
    EXPECT_EQ(path_style("C:\\x"), PathStyle::windows);
    EXPECT_EQ(path_style("d:/x"), PathStyle::windows);
    EXPECT_EQ(path_style("'USER.'"), PathStyle::mvs);
    EXPECT_EQ(path_style("DISK$A:[USER]"), PathStyle::vms);
    EXPECT_EQ(path_style(""), PathStyle::other);
}

}  // namespace
}  // namespace fairlead::ftp

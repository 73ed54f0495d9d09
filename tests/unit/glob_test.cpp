#include "base/glob.hpp"

#include <gtest/gtest.h>

#include "base/quantity.hpp"
#include "fairlead/error.hpp"

namespace fairlead {
namespace {

bool glob(std::string_view pattern, std::string_view path) {
    return Glob(pattern).matches(path);
}

TEST(Glob, names) {
    EXPECT_TRUE(glob("*.csv", "a.csv"));
    EXPECT_TRUE(glob("*.csv", "/in/sub/a.csv"));
    EXPECT_FALSE(glob("*.csv", "a.csv.tmp"));
    EXPECT_TRUE(glob("a?c", "abc"));
    EXPECT_TRUE(glob("a?c", "aüc"));
    EXPECT_FALSE(glob("a?c", "ac"));
    EXPECT_TRUE(glob("*a*b*c*", "xxaxxbxxcxx"));
    EXPECT_FALSE(glob("*a*b*c", "xxaxxbxxcxx"));
    EXPECT_TRUE(glob("*", ""));
    EXPECT_FALSE(glob("", "a"));
}

TEST(Glob, classes) {
    EXPECT_TRUE(glob("[a-c]x", "bx"));
    EXPECT_FALSE(glob("[a-c]x", "dx"));
    EXPECT_TRUE(glob("[!a-c]x", "dx"));
    EXPECT_TRUE(glob("[^a]", "ü"));
    EXPECT_TRUE(glob("[ä-ü]", "ö"));
    EXPECT_TRUE(glob("[]]", "]"));
    EXPECT_TRUE(glob("[a-]", "-"));
    EXPECT_TRUE(glob("\\[a", "[a"));
    EXPECT_TRUE(glob("\\*", "*"));
    EXPECT_FALSE(glob("\\*", "a"));
}

TEST(Glob, alternatives) {
    EXPECT_TRUE(glob("*.{csv,xml}", "a.xml"));
    EXPECT_TRUE(glob("{a,b{c,d}}", "bd"));
    EXPECT_TRUE(glob("a{,b}", "a"));
    EXPECT_FALSE(glob("*.{csv,xml}", "a.json"));
}

TEST(Glob, paths) {
    EXPECT_TRUE(glob("/in/*.csv", "/in/a.csv"));
    EXPECT_FALSE(glob("/in/*.csv", "/in/sub/a.csv"));
    EXPECT_FALSE(glob("/in/*.csv", "/x/in/a.csv"));
    EXPECT_TRUE(glob("in/*.csv", "/x/in/a.csv"));
    EXPECT_TRUE(glob("in/*.csv", "in/a.csv"));
    EXPECT_TRUE(glob("/a/**/z", "/a/z"));
    EXPECT_TRUE(glob("/a/**/z", "/a/b/c/z"));
    EXPECT_FALSE(glob("/a/**/z", "/a/bz"));
    EXPECT_TRUE(glob("/a/**", "/a/b/c"));
    EXPECT_TRUE(glob("**/x*y/z", "/q/xay/xby/z"));
    EXPECT_FALSE(glob("/a?b", "/a/b"));
    EXPECT_FALSE(glob("/a[!x]b", "/a/b"));
}

TEST(Glob, case_may_be_ignored) {
    EXPECT_TRUE(Glob("*.CSV", true).matches("a.csv"));
    EXPECT_TRUE(Glob("[A-C]", true).matches("b"));
    EXPECT_FALSE(Glob("*.CSV").matches("a.csv"));
}

TEST(Glob, malformed_patterns_are_refused) {
    EXPECT_THROW(Glob("[a"), Error);
    EXPECT_THROW(Glob("{a,b"), Error);
    EXPECT_THROW(Glob("{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}"), Error);
    EXPECT_TRUE(Glob::is_pattern("a*"));
    EXPECT_FALSE(Glob::is_pattern("a.csv"));
}

TEST(Glob, many_stars_do_not_take_for_ever) {
    EXPECT_FALSE(glob("*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b", std::string(2000, 'a')));
}

TEST(Regex, users_expressions) {
    EXPECT_TRUE(Regex("a+b").matches_whole("aab"));
    EXPECT_FALSE(Regex("a+b").matches_whole("xaab"));
    EXPECT_TRUE(Regex("a+b").found_in("xaaby"));
    EXPECT_TRUE(Regex("A", true).matches_whole("a"));
    EXPECT_THROW(Regex("a("), Error);
}

TEST(Quantity, sizes) {
    EXPECT_EQ(parse_size("4096"), 4096u);
    EXPECT_EQ(parse_size("10K"), 10240u);
    EXPECT_EQ(parse_size("10M"), 10u << 20);
    EXPECT_EQ(parse_size("1.5GiB"), 1610612736u);
    EXPECT_EQ(parse_size("2GB"), 2'000'000'000u);
    EXPECT_EQ(parse_size("5 kib"), 5120u);
    EXPECT_EQ(parse_size("0"), 0u);
    for (const auto* bad : {"", "x", "10X", "-1", "1.2.3", "10MM", "99999999999999999999", "17000P"})
        EXPECT_THROW(parse_size(bad), Error) << bad;
}

TEST(Quantity, durations_and_ages) {
    using namespace std::chrono;
    EXPECT_EQ(parse_duration("90"), seconds(90));
    EXPECT_EQ(parse_duration("500ms"), milliseconds(500));
    EXPECT_EQ(parse_duration("1.5h"), minutes(90));
    EXPECT_EQ(parse_duration("3d"), hours(72));
    EXPECT_EQ(parse_duration("1h30m"), minutes(90));
    for (const auto* bad : {"", "x", "1h30", "-5s", "5q", "1e9y", "h"})
        EXPECT_THROW(parse_duration(bad), Error) << bad;

    const Time now = sys_days(2026y / 4 / 1);
    EXPECT_EQ(parse_age("2h", now), now - hours(2));
    EXPECT_EQ(to_rfc3339(parse_age("2026-03-01", now)), "2026-03-01T00:00:00Z");
    EXPECT_EQ(to_rfc3339(parse_rfc3339("2026-03-01T09:30:12.5+01:00")), "2026-03-01T08:30:12.500Z");
    EXPECT_THROW(parse_rfc3339("2026-02-30"), Error);
    EXPECT_THROW(parse_rfc3339("yesterday"), Error);
}

TEST(Quantity, for_people) {
    using namespace std::chrono;
    EXPECT_EQ(format_size(512), "512 B");
    EXPECT_EQ(format_size(1536), "1.5 KiB");
    EXPECT_EQ(format_size(1ULL << 30), "1 GiB");
    EXPECT_EQ(format_size((1ULL << 20) - 1), "1 MiB");
    EXPECT_EQ(format_duration(seconds(45)), "45s");
    EXPECT_EQ(format_duration(seconds(125)), "2m05s");
    EXPECT_EQ(format_duration(hours(52)), "2d04h");
}

}  // namespace
}  // namespace fairlead

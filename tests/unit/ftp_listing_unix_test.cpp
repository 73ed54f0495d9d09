#include <gtest/gtest.h>

#include "ftp_listing_support.hpp"

namespace fairlead::ftp {
namespace {

TEST(FtpUnixListing, nine_columns) {
    EXPECT_EQ(one("drwxr-xr-x   2 anna     staff        4096 Mar  1 09:30 in"),
              "d 4096 2026-03-01T09:30:00Z/minute 755 anna:staff in");
    EXPECT_EQ(one("-rw-r-----   1 anna     staff     1048576 Mar  1  2024 a.txt\r\n"),
              "- 1048576 2024-03-01T00:00:00Z/day 640 anna:staff a.txt");
}

TEST(FtpUnixListing, landmine_68_eight_and_seven_columns_and_numeric_owners) {
    EXPECT_EQ(one("-rw-r--r--   1 anna        4096 Mar  1 09:30 a"),
              "- 4096 2026-03-01T09:30:00Z/minute 644 anna:? a");
    EXPECT_EQ(one("-rw-r--r--   1 4096 Mar  1 09:30 a"), "- 4096 2026-03-01T09:30:00Z/minute 644 ?:? a");
    EXPECT_EQ(one("-rw-r--r-- anna 4096 Mar  1 09:30 a"), "- 4096 2026-03-01T09:30:00Z/minute 644 anna:? a");
    EXPECT_EQ(one("-rw-r--r--   1 1000 1000 4096 Mar  1 09:30 a"),
              "- 4096 2026-03-01T09:30:00Z/minute 644 1000:1000 a");
    EXPECT_EQ(one("-rw-r--r--   1 DOMAIN\\anna Domain Users 10 Mar  1 09:30 a"),
              "- 10 2026-03-01T09:30:00Z/minute 644 DOMAIN\\anna:Domain Users a");
}

TEST(FtpUnixListing, landmine_68_access_list_marks_and_special_bits) {
    EXPECT_EQ(one("-rw-r--r--+  1 a b 1 Mar  1 09:30 x"), "- 1 2026-03-01T09:30:00Z/minute 644 a:b x");
    EXPECT_EQ(one("-rw-r--r--.  1 a b 1 Mar  1 09:30 x"), "- 1 2026-03-01T09:30:00Z/minute 644 a:b x");
    EXPECT_EQ(one("-rw-r--r--@  1 a b 1 Mar  1 09:30 x"), "- 1 2026-03-01T09:30:00Z/minute 644 a:b x");
    EXPECT_EQ(one("drwxr-xr-x1024 a b 1 Mar  1 09:30 x"), "d 1 2026-03-01T09:30:00Z/minute 755 a:b x");
    EXPECT_EQ(one("-rwsr-Sr-t   1 a b 1 Mar  1 09:30 x"), "- 1 2026-03-01T09:30:00Z/minute 7745 a:b x");
    EXPECT_EQ(one("drwxrwxrwt   9 a b 1 Mar  1 09:30 tmp"), "d 1 2026-03-01T09:30:00Z/minute 1777 a:b tmp");
}

TEST(FtpUnixListing, landmine_68_devices_sockets_and_sizes_with_commas) {
    EXPECT_EQ(one("brw-rw----   1 root disk 8, 0 Mar  1 09:30 sda"),
              "? ? 2026-03-01T09:30:00Z/minute 660 root:disk sda");
    EXPECT_EQ(one("crw-rw-rw-   1 root root 1,3 Mar  1 09:30 null"),
              "? ? 2026-03-01T09:30:00Z/minute 666 root:root null");
    EXPECT_EQ(one("srwxrwxrwx   1 a b 0 Mar  1 09:30 sock"), "? 0 2026-03-01T09:30:00Z/minute 777 a:b sock");
    EXPECT_EQ(one("-rw-r--r--   1 a b 1,234,567 Mar  1 09:30 x"),
              "- 1234567 2026-03-01T09:30:00Z/minute 644 a:b x");
    EXPECT_EQ(one("-rw-r--r--   1 a b 18446744073709551615 Mar  1 09:30 x"),
              "- 18446744073709551615 2026-03-01T09:30:00Z/minute 644 a:b x");
}

TEST(FtpUnixListing, names_are_exact) {
    EXPECT_EQ(list("-rw-r--r-- 1 a b 1 Mar  1 09:30   two before \r\n").entries.at(0).name, "  two before ");
    EXPECT_EQ(list("-rw-r--r-- 1 a b 1 Mar  1  2024  one before\n").entries.at(0).name, " one before");
    EXPECT_EQ(list("-rw-r--r-- 1 a b 1 Mar  1 09:30    \n").entries.at(0).name, "   ");
    EXPECT_EQ(list("-rw-r--r-- 1 a b 1 Mar  1 09:30 \"q\" 'r' \\s\n").entries.at(0).name, "\"q\" 'r' \\s");
    EXPECT_EQ(list("-rw-r--r-- 1 a b 1 Mar  1 09:30 \xfc\xff\x80\n").entries.at(0).name, "\xfc\xff\x80");
    EXPECT_EQ(list("-rw-r--r-- 1 a b 1 Mar  1 09:30 5 Mar  2 10:00 b\n").entries.at(0).name,
              "5 Mar  2 10:00 b");
    EXPECT_EQ(list("-rw-r--r-- 1 a b 1 Mar  1 09:30 a -> b\n").entries.at(0).name, "a -> b");
}

TEST(FtpUnixListing, the_size_of_a_link_tells_which_arrow_is_meant) {
    EXPECT_EQ(one("lrwxrwxrwx 1 a b 6 Mar  1 09:30 link -> target"),
              "l 6 2026-03-01T09:30:00Z/minute 777 a:b link -> target");
    const auto arrows = list("lrwxrwxrwx 1 a b 6 Mar  1 09:30 a -> b -> target\n").entries.at(0);
    EXPECT_EQ(arrows.name, "a -> b");
    EXPECT_EQ(arrows.target, "target");
    const auto other = list("lrwxrwxrwx 1 a b 6 Mar  1 09:30 a -> b -> c\n").entries.at(0);
    EXPECT_EQ(other.name, "a");
    EXPECT_EQ(other.target, "b -> c");
    EXPECT_FALSE(list("lrwxrwxrwx 1 a b 6 Mar  1 09:30 bare\n").entries.at(0).target.has_value());
}

TEST(FtpUnixListing, landmine_74_months_in_other_languages) {
    for (const auto* date :
         {"Mär  1 09:30",    "M\xe4r  1 09:30",       "März  1 09:30",         "mars  1 09:30",
          "1 mars 09:30",    "mrt  1 09:30",          "marzo 1 09:30",         "mar  1 09:30",
          "mar.  1 09:30",   "1. Mär 09:30",          "1. mar 09:30",          "мар  1 09:30",
          "1 мар 09:30",     "\xec\xe0\xf0  1 09:30", "\xcd\xc1\xd2  1 09:30", "3月  1 09:30",
          " 3月  1日 09:30", "3월  1일 09:30",        "maalis 1 09:30",        "bře  1 09:30",
          "márc  1 09:30",   "Μάρ   1 09:30",         "mae  1 09:30"}) {
        const auto line = "-rw-r--r-- 1 a b 7 " + std::string(date) + " name";
        EXPECT_EQ(one(line), "- 7 2026-03-01T09:30:00Z/minute 644 a:b name") << date;
    }
    EXPECT_EQ(one("-rw-r--r-- 1 a b 7 2024年 3月  1日 name"), "- 7 2024-03-01T00:00:00Z/day 644 a:b name");
    for (const auto& [word, month] : std::initializer_list<std::pair<const char*, const char*>>{
             {"Okt", "10"}, {"oct.", "10"}, {"aoû", "08"}, {"août", "08"}, {"déc.", "12"}, {"mei", "05"},
             {"ene", "01"}, {"ago", "08"},  {"set", "09"}, {"out", "10"},  {"lug", "07"},  {"gen", "01"},
             {"maj", "05"}, {"des", "12"},  {"kwi", "04"}, {"lip", "07"},  {"paź", "10"},  {"gru", "12"},
             {"июл", "07"}, {"дек", "12"},  {"12月", "12"}})
        EXPECT_EQ(one("-rw-r--r-- 1 a b 7 " + std::string(word) + " 11 2020 name"),
                  "- 7 2020-" + std::string(month) + "-11T00:00:00Z/day 644 a:b name")
            << word;
}

TEST(FtpUnixListing, iso_dates_and_seconds) {
    EXPECT_EQ(one("-rw-r--r-- 1 a b 7 2026-03-01 09:30 n"), "- 7 2026-03-01T09:30:00Z/minute 644 a:b n");
    EXPECT_EQ(one("-rw-r--r-- 1 a b 7 2026-03-01 09:30:12 n"), "- 7 2026-03-01T09:30:12Z/second 644 a:b n");
    EXPECT_EQ(one("-rw-r--r-- 1 a b 7 2026-03-01 09:30:12.123456789 +0100 n"),
              "- 7 2026-03-01T08:30:12Z/second 644 a:b n");
    EXPECT_EQ(one("-rw-r--r-- 1 a b 7 03-01 09:30 n"), "- 7 2026-03-01T09:30:00Z/minute 644 a:b n");
    EXPECT_EQ(one("-rw-r--r-- 1 a b 7 2024-03-01  n"), "- 7 2024-03-01T00:00:00Z/day 644 a:b  n");
    EXPECT_EQ(one("-rw-r--r-- 1 a b 7 Mar  1 09:30:12 2025 n"), "- 7 2025-03-01T09:30:12Z/second 644 a:b n");
}

TEST(FtpUnixListing, a_line_means_the_same_whatever_stands_before_it) {
    // What is known of the line before is used for the next one: it must not reach into its name or its date.
    const std::vector<std::string> lines{
        "-rw-r--r--   1 a b        4096 Mar  1 09:30 n",
        "-rw-r--r--   1 a b      204800 Mar  1 09:30  blank before",
        "-rw-r--r--   1 a b           1 Mar  1 09:30 n",
        "-rw-r--r--   1 a b          12 Mar  1 09:30 n -> m",
        "-rw-r--r--   1 a b           0 Mar  1 09:30 0",
        "-rw-r--r--   1 a b   1,234,567 Mar  1 09:30 n",
        "-rw-r--r--   1 a b        4096 Mar  1  2024 n",
        "-rw-r--r--   1 a b        4096 Mar  1 09:30:12 2025 n",
        "-rw-r--r--   1 a b        4096 Mar  1 09:30:12 n",
        "-rw-r--r--   1 a b        4096 Mar  1 09:30:12 2024x",
        "-rw-r--r-- 1 a b 700 2026-03-01 n",
        "-rw-r--r-- 1 a b 700 2026-03-01 09:30 n",
        "-rw-r--r-- 1 a b 700 2026-03-01 09:30:12 n",
        "-rw-r--r-- 1 a b 700 2026-03-01 09:30:12 +0100 n",
        "lrwxrwxrwx   1 a b         100 Mar  1 09:30 link -> target",
        "lrwxrwxrwx   1 a b           6 Mar  1 09:30 a -> b -> target",
        "drwxr-xr-x   1 a b        4096 Mar  1 09:30 in/",
        "brw-rw----   1 a b        8, 0 Mar  1 09:30 sda",
        "brw-rw----   1 a b         100 Mar  1 09:30 sdb",
        "-rw-r--r--   1 a b        4096 Mar  1 09:30",
    };
    for (const auto& line : lines) {
        const auto alone = list_as(ListDialect::unix_, line);
        for (const auto& before : lines) {
            const auto after = list_as(ListDialect::unix_, before + "\n" + line);
            const auto first = list_as(ListDialect::unix_, before).entries.size();
            ASSERT_EQ(after.entries.size(), first + alone.entries.size()) << line << " after " << before;
            if (!alone.entries.empty())
                EXPECT_EQ(shown(after.entries.back()), shown(alone.entries[0])) << "after " << before;
        }
    }
}

TEST(FtpUnixListing, landmine_76_a_missing_year_and_29_february) {
    EXPECT_EQ(one("-rw-r--r-- 1 a b 7 Sep  1 09:30 n"), "- 7 2025-09-01T09:30:00Z/minute 644 a:b n");
    EXPECT_EQ(one("-rw-r--r-- 1 a b 7 Apr  1 12:04 n"), "- 7 2026-04-01T12:04:00Z/minute 644 a:b n");
    EXPECT_EQ(one("-rw-r--r-- 1 a b 7 Feb 29 09:30 n"), "- 7 2024-02-29T09:30:00Z/minute 644 a:b n");
    EXPECT_EQ(one("-rw-r--r-- 1 a b 7 Feb 30 09:30 n"), "0 entries, 1 skipped");
}

TEST(FtpUnixListing, landmine_77_times_are_in_the_connections_zone) {
    ListOptions options;
    options.time_zone = "America/New_York";
    EXPECT_EQ(one("-rw-r--r-- 1 a b 7 Mar  1 09:30 n", options), "- 7 2026-03-01T14:30:00Z/minute 644 a:b n");
}

TEST(FtpUnixListing, landmine_74_totals_blank_lines_and_banners_are_passed_over) {
    const auto listed = list(
        "Welcome to the machine\r\n"
        "total 0\r\n"
        "\r\n"
        "insgesamt 12\r\n"
        "总用量 12\r\n"
        "-rw-r--r-- 1 a b 7 Mar  1 09:30 n\r\n"
        "ls: secret: Permission denied\r\n"
        "drwxr-xr-x 2 a b 7 Mar  1 09:30 .\r\n"
        "drwxr-xr-x 2 a b 7 Mar  1 09:30 ..\r\n"
        "-rw-r--r-- 1 a b 7 Mar  1 09:30 last");
    EXPECT_EQ(listed.dialect, ListDialect::unix_);
    ASSERT_EQ(listed.entries.size(), 2u);
    EXPECT_EQ(listed.entries[1].name, "last");
    EXPECT_EQ(listed.skipped, 2u);
}

TEST(FtpUnixListing, landmine_83_a_hostile_name_never_gets_out) {
    const auto listed = list(
        "-rw-r--r-- 1 a b 7 Mar  1 09:30 ../../etc/passwd\n"
        "-rw-r--r-- 1 a b 7 Mar  1 09:30 /etc/passwd\n"
        "-rw-r--r-- 1 a b 7 Mar  1 09:30 a/b\n" +
        std::string("-rw-r--r-- 1 a b 7 Mar  1 09:30 a\0b\n", 36) + "drwxr-xr-x 1 a b 7 Mar  1 09:30 dir/\n");
    ASSERT_EQ(listed.entries.size(), 1u);
    EXPECT_EQ(listed.entries[0].name, "dir");
    EXPECT_EQ(listed.skipped, 4u);
}

TEST(FtpUnixListing, landmine_79_a_switch_taken_for_a_name_is_noticed) {
    EXPECT_TRUE(list("ls: -a: No such file or directory\r\n").took_switch_for_name);
    EXPECT_TRUE(list("-rw-r--r-- 1 a b 7 Mar  1 09:30 -a\r\n").took_switch_for_name);
    EXPECT_FALSE(
        list("-rw-r--r-- 1 a b 7 Mar  1 09:30 -a\n-rw-r--r-- 1 a b 7 Mar  1 09:30 b\n").took_switch_for_name);
    EXPECT_FALSE(list("total 0\r\n").took_switch_for_name);
    EXPECT_FALSE(list("").took_switch_for_name);
}

}  // namespace
}  // namespace fairlead::ftp

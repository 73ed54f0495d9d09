#include "base/charset.hpp"

#include <gtest/gtest.h>

#include "base/utf8.hpp"
#include "fairlead/error.hpp"

namespace fairlead {
namespace {

TEST(Charset, utf8_is_the_identity_for_any_bytes) {
    const Charset utf8("utf-8");
    EXPECT_TRUE(utf8.is_utf8());
    EXPECT_EQ(utf8.to_utf8("\xff\xfe"), "\xff\xfe");
    EXPECT_EQ(utf8.from_utf8("\xff\xfe"), "\xff\xfe");
}

TEST(Charset, names_are_converted_both_ways) {
    const Charset latin1("ISO-8859-1");
    EXPECT_EQ(latin1.to_utf8("gr\xfc\xdf"
                             "e"),
              "grüße");
    EXPECT_EQ(latin1.from_utf8("grüße"),
              "gr\xfc\xdf"
              "e");
    const Charset sjis("SHIFT_JIS");
    EXPECT_EQ(sjis.to_utf8("\x93\xfa\x96\x7b"), "日本");
    EXPECT_EQ(sjis.from_utf8("日本"), "\x93\xfa\x96\x7b");
}

TEST(Charset, landmine_8_every_name_survives_the_round_trip) {
    for (const auto* name :
         {"ISO-8859-1", "CP1252", "SHIFT_JIS", "GB18030", "EUC-KR", "BIG5", "KOI8-R", "CP437", "ASCII"}) {
        const Charset charset(name);
        for (int a = 1; a < 256; ++a)
            for (int b = 1; b < 256; b += 3) {
                const std::string bytes{'x', static_cast<char>(a), static_cast<char>(b), 'y'};
                ASSERT_EQ(charset.from_utf8(charset.to_utf8(bytes)), bytes) << name << " " << a << " " << b;
            }
        for (const std::string bytes :
             {"\xe2\x82\xac", "\xed\xb2\x80", "\xed\xb3\xbf", "\xc3\xa9", "\xf0\x9f\x98\x80"})
            EXPECT_EQ(charset.from_utf8(charset.to_utf8(bytes)), bytes) << name;
    }
}

TEST(Charset, a_name_the_charset_lacks_is_refused_rather_than_changed) {
    const Charset latin1("ISO-8859-1");
    EXPECT_THROW(latin1.from_utf8("€"), Error);
    EXPECT_THROW(latin1.from_utf8("日"), Error);
}

TEST(Charset, unknown_and_unusable_charsets_are_refused) {
    for (const auto* name : {"no-such-charset", "UTF-16", "UTF-7", "ISO-2022-JP", "EBCDIC-US", "IBM037"})
        EXPECT_THROW(Charset{name}, Error) << name;
}

TEST(Utf8, well_formed_means_what_unicode_says) {
    EXPECT_TRUE(is_valid_utf8("aé€😀"));
    for (const auto* bad : {"\x80", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80",
                            "\xf5\x80\x80\x80", "\xc3", "\xe2\x82"})
        EXPECT_FALSE(is_valid_utf8(bad));
    EXPECT_EQ(to_valid_utf8("a\xff"
                            "b"),
              "a\xEF\xBF\xBD"
              "b");
}

TEST(Utf8, a_hostile_name_cannot_drive_the_terminal) {
    EXPECT_EQ(to_printable("\x1b[2Jgone"), "\\x1b[2Jgone");
    EXPECT_EQ(to_printable("a\nb\rc\td"), "a\\nb\\rc\\td");
    EXPECT_EQ(to_printable("\xc2\x9b"
                           "31m"),
              "\\u009b31m");
    EXPECT_EQ(to_printable("evil\xe2\x80\xaetxt.exe"), "evil\\u202etxt.exe");
    EXPECT_EQ(to_printable("\xff\x7f"), "\\xff\\x7f");
    EXPECT_EQ(to_printable("grüße 日本 😀"), "grüße 日本 😀");
}

}  // namespace
}  // namespace fairlead

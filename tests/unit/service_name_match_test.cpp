#include <gtest/gtest.h>

#include "fairlead/error.hpp"
#include "service/name_match.hpp"

namespace fairlead::service {
namespace {

TEST(NameMatch, finds_names_by_each_kind) {
    EXPECT_TRUE(NameMatch(MatchKind::starts_with, "report", true).matches("Report_2026.pdf"));
    EXPECT_FALSE(NameMatch(MatchKind::starts_with, "report", false).matches("Report_2026.pdf"));
    EXPECT_FALSE(NameMatch(MatchKind::starts_with, "2026", true).matches("Report_2026.pdf"));
    EXPECT_TRUE(NameMatch(MatchKind::exact_match, "a.txt", true).matches("A.TXT"));
    EXPECT_FALSE(NameMatch(MatchKind::exact_match, "a.txt", true).matches("a.txt.bak"));
    EXPECT_TRUE(NameMatch(MatchKind::contains, "backup", true).matches("daily_Backup.zip"));
    EXPECT_TRUE(NameMatch(MatchKind::ends_with, ".pdf", false).matches("a.pdf"));
    EXPECT_FALSE(NameMatch(MatchKind::ends_with, ".pdf", false).matches("a.PDF"));
}

TEST(NameMatch, takes_only_star_and_question_mark_for_wildcards) {
    const NameMatch two(MatchKind::wildcard, "report_??.pdf", true);
    EXPECT_TRUE(two.matches("report_01.pdf"));
    EXPECT_FALSE(two.matches("report_123.pdf"));
    EXPECT_TRUE(NameMatch(MatchKind::wildcard, "a*b", true).matches("ab"));
    EXPECT_TRUE(NameMatch(MatchKind::wildcard, "a**b", true).matches("axxb"));
    EXPECT_FALSE(NameMatch(MatchKind::wildcard, "a*b", true).matches("abx"));
    const NameMatch brackets(MatchKind::wildcard, "x[1]{a,b}*", true);
    EXPECT_TRUE(brackets.matches("x[1]{a,b}.txt"));
    EXPECT_FALSE(brackets.matches("x1a.txt"));
}

TEST(NameMatch, finds_everything_with_an_empty_text) {
    for (const auto* kind : {"STARTS_WITH", "exact-match", "contains", "ends_with", "Wildcard"})
        EXPECT_TRUE(NameMatch(parse_match_kind(kind), "", true).matches("x")) << kind;
}

TEST(NameMatch, names_the_choices_for_an_unknown_kind) {
    try {
        (void)parse_match_kind("like");
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.code, ErrorCode::invalid_argument);
        EXPECT_NE(error.hint.find("starts_with"), std::string::npos);
    }
}

}  // namespace
}  // namespace fairlead::service

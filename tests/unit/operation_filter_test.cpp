// Filter trees: what they take, and what is said about those that are wrong.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "base/local_time.hpp"
#include "base/quantity.hpp"
#include "catalog/operation_filter.hpp"

namespace fairlead::catalog {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;

FilterNode read(std::string_view json, std::vector<Fault>& faults) {
    return filter_from_json(boost::json::parse(json), "filter", faults);
}
FilterNode read(std::string_view json) {
    std::vector<Fault> faults;
    auto node = read(json, faults);
    for (const auto& fault : faults)
        ADD_FAILURE() << fault.field << " " << fault.value << " " << fault.problem;
    return node;
}
std::vector<std::string> fields_at_fault(std::string_view json) {
    std::vector<Fault> faults;
    (void)read(json, faults);
    std::vector<std::string> fields;
    for (const auto& fault : faults)
        fields.push_back(fault.field);
    return fields;
}

Entry entry(std::string name, std::optional<std::uint64_t> size = 10, std::string_view modified = "2026-03-01T09:30:00Z",
            EntryType type = EntryType::file) {
    Entry made;
    made.path = "/" + name;
    made.name = std::move(name);
    made.size = size;
    made.type = type;
    if (!modified.empty()) made.modified = parse_rfc3339(modified);
    return made;
}

bool takes(std::string_view json, const Entry& subject, const Parameters& parameters = {},
           const std::string& zone = "UTC") {
    return EntryFilter(read(json), parameters, zone).matches(subject);
}
std::string condition(std::string_view field, std::string_view op, std::string_view value) {
    return boost::json::serialize(boost::json::object{{"field", field}, {"operator", op}, {"value", value}});
}

TEST(OperationFilter, nothing_said_takes_everything) {
    EXPECT_TRUE(EntryFilter().matches(entry("a")));
    EXPECT_TRUE(takes(R"({"and":[]})", entry("a")));
    EXPECT_FALSE(takes(R"({"or":[]})", entry("a")));
}

TEST(OperationFilter, wildcards_are_the_star_and_the_question_mark_and_nothing_else) {
    EXPECT_TRUE(takes(condition("fileName", "wildcard", "a*"), entry("abc.txt")));
    EXPECT_TRUE(takes(condition("fileName", "wildcard", "a*"), entry("a")));
    EXPECT_FALSE(takes(condition("fileName", "wildcard", "a*"), entry("ba")));
    EXPECT_FALSE(takes(condition("fileName", "wildcard", "a*"), entry("Abc")));
    EXPECT_TRUE(takes(condition("fileName", "wildcard", "?.txt"), entry("x.txt")));
    EXPECT_TRUE(takes(condition("fileName", "wildcard", "?.txt"), entry("ü.txt")));
    EXPECT_FALSE(takes(condition("fileName", "wildcard", "?.txt"), entry(".txt")));
    EXPECT_FALSE(takes(condition("fileName", "wildcard", "?.txt"), entry("xy.txt")));
    EXPECT_TRUE(takes(condition("fileName", "wildcard", "a[1]{b}*"), entry("a[1]{b}c")));
    EXPECT_FALSE(takes(condition("fileName", "wildcard", "a[1]*"), entry("a1")));
    EXPECT_TRUE(takes(condition("fileName", "wildcard", "*a*b*"), entry("xxaxxaxb")));
    EXPECT_FALSE(takes(condition("fileName", "wildcard", "java/x.iso"), entry("x.iso")));
    EXPECT_TRUE(takes(condition("fileName", "wildcard", "*"), entry("")));
}

TEST(OperationFilter, regular_expressions_match_the_whole_name) {
    EXPECT_TRUE(takes(condition("fileName", "regex", "a\\d+\\.csv"), entry("a12.csv")));
    EXPECT_FALSE(takes(condition("fileName", "regex", "a\\d+"), entry("a12.csv")));
    EXPECT_THAT(fields_at_fault(condition("fileName", "regex", "a(")), ElementsAre("filter.value"));
}

TEST(OperationFilter, names_are_compared_by_their_bytes) {
    EXPECT_TRUE(takes(condition("fileName", ">", "a"), entry("b")));
    EXPECT_TRUE(takes(condition("fileName", "<", "a"), entry("B")));
    EXPECT_TRUE(takes(condition("fileName", "<=", "b"), entry("b")));
    EXPECT_TRUE(takes(condition("fileName", "≥", "b"), entry("b")));
    EXPECT_FALSE(takes(condition("fileName", "=", "b"), entry("B")));
    EXPECT_TRUE(takes(condition("fileName", "≠", "b"), entry("B")));
}

TEST(OperationFilter, sizes_of_any_magnitude) {
    EXPECT_TRUE(takes(condition("size", ">", "5GB"), entry("a", 6'000'000'000'000)));
    EXPECT_FALSE(takes(condition("size", ">", "10"), entry("a", 10)));
    EXPECT_TRUE(takes(R"({"field":"fileSize","operator":"greaterOrEqual","value":10})", entry("a", 10)));
    EXPECT_THAT(fields_at_fault(condition("size", "wildcard", "1*")), ElementsAre("filter.operator"));
    EXPECT_THAT(fields_at_fault(condition("size", "<", "many")), ElementsAre("filter.value"));
}

TEST(OperationFilter, timestamps_are_read_on_the_servers_clock) {
    const auto newer = condition("timestamp", ">", "2026-03-01 10:00:00.000");
    EXPECT_FALSE(takes(newer, entry("a")));                        // 09:30 UTC
    EXPECT_TRUE(takes(newer, entry("a"), {}, "Europe/Istanbul"));  // 12:30 there
    EXPECT_TRUE(takes(condition("timestamp", "=", "2026-03-01T09:30:00Z"), entry("a"), {}, "Asia/Tokyo"));
    EXPECT_TRUE(takes(condition("timestamp", "wildcard", "2026-03-01 12:*"), entry("a"), {}, "Europe/Istanbul"));
    EXPECT_TRUE(takes(condition("timestamp", "regex", "2026-.*\\.000"), entry("a")));
    EXPECT_THAT(fields_at_fault(condition("timestamp", ">", "2020/01/01")), ElementsAre("filter.value"));
    EXPECT_THAT(fields_at_fault(condition("timestamp", ">", "2020-01-01")), ElementsAre("filter.value"));
}

TEST(OperationFilter, types_have_the_words_of_a_list) {
    const auto directory = entry("d", {}, "", EntryType::directory);
    EXPECT_TRUE(takes(condition("fileType", "equal", "directory"), directory));
    EXPECT_TRUE(takes(condition("fileType", "notEqual", "regular_file"), directory));
    EXPECT_TRUE(takes(condition("type", "=", "symlink"), entry("l", {}, "", EntryType::symlink)));
    EXPECT_THAT(fields_at_fault(condition("fileType", "=", "pipe")), ElementsAre("filter.value"));
    EXPECT_THAT(fields_at_fault(condition("fileType", "<", "directory")), ElementsAre("filter.operator"));
}

TEST(OperationFilter, groups_nest) {
    constexpr auto kTree = R"({"and":[{"field":"fileName","operator":"wildcard","value":"*.csv"},
        {"or":[{"field":"size","operator":">","value":"100"},{"not":{"field":"fileName","operator":"<","value":"m"}}]}]})";
    EXPECT_TRUE(takes(kTree, entry("a.csv", 200)));
    EXPECT_TRUE(takes(kTree, entry("x.csv", 1)));
    EXPECT_FALSE(takes(kTree, entry("a.csv", 1)));
    EXPECT_FALSE(takes(kTree, entry("x.txt", 200)));
    const auto written = to_json(read(kTree));
    EXPECT_EQ(to_json(read(boost::json::serialize(written))), written);
}

TEST(OperationFilter, what_the_server_does_not_tell_is_not_taken_on_trust) {
    const auto unknown = entry("a", {}, "");
    EXPECT_FALSE(takes(condition("size", "<", "5"), unknown));
    EXPECT_FALSE(takes(R"({"not":{"field":"size","operator":"<","value":"5"}})", unknown));
    EXPECT_FALSE(takes(condition("timestamp", "≠", "2026-03-01 10:00:00.000"), unknown));
    EXPECT_TRUE(takes(R"({"or":[{"field":"size","operator":"<","value":"5"},{"field":"fileName","operator":"=","value":"a"}]})",
                      unknown));
}

TEST(OperationFilter, values_come_at_run_time) {
    constexpr auto kSince = R"({"field":"timestamp","operator":">","parameter":"since"})";
    EXPECT_TRUE(takes(kSince, entry("a"), {{"since", "2026-03-01 09:00:00.000"}}));
    EXPECT_FALSE(takes(kSince, entry("a"), {{"since", "2026-03-01 10:00:00.000"}}));
    EXPECT_THAT(parameters_of(read(kSince)), ElementsAre("since"));
    try {
        EntryFilter(read(kSince), {}, "UTC");
        ADD_FAILURE() << "taken without its value";
    } catch (const Error& error) {
        EXPECT_EQ(error.code, ErrorCode::invalid_argument);
        EXPECT_EQ(error.faults.front().field, "filter.parameter");
        EXPECT_THAT(error.message, HasSubstr("since"));
    }
    EXPECT_THROW(EntryFilter(read(kSince), {{"since", "2020/01/01"}}, "UTC"), Error);
    constexpr auto kDefault = R"({"field":"fileName","operator":"=","parameter":"name","value":"a"})";
    EXPECT_TRUE(takes(kDefault, entry("a")));
    EXPECT_FALSE(takes(kDefault, entry("a"), {{"name", "b"}}));
}

TEST(OperationFilter, every_mistake_is_named_by_its_place) {
    EXPECT_THAT(fields_at_fault(R"({"and":[{"field":"fileNme","operator":"=","value":"a"},
                                          {"or":[{"field":"size","operator":"like","value":"1"},7]},
                                          {"field":"fileName","operator":"="},
                                          {"field":"fileName","operator":"=","value":["a","b"]},
                                          {"not":{"field":"fileName","operator":"=","value":"a","x":1}}]})"),
                ElementsAre("filter.and[0].field", "filter.and[1].or[0].operator", "filter.and[1].or[1]",
                            "filter.and[2].value", "filter.and[3].value", "filter.and[4].not.x"));
    EXPECT_THAT(fields_at_fault("[]"), ElementsAre("filter"));
    std::vector<Fault> faults;
    boost::json::value nested = boost::json::object{{"or", boost::json::array{}}};
    for (int i = 0; i < 200; ++i)
        nested = boost::json::object{{"not", std::move(nested)}};
    (void)filter_from_json(nested, "filter", faults);
    EXPECT_THAT(faults, Contains(Field(&Fault::problem, HasSubstr("nested"))));
}

TEST(LocalTime, goes_both_ways_also_where_the_clock_changes) {
    const auto noon = parse_rfc3339("2026-07-01T10:00:00.125Z");
    EXPECT_EQ(to_local_text(noon, "Europe/Berlin"), "2026-07-01 12:00:00.125");
    EXPECT_EQ(from_local_text("2026-07-01 12:00:00.125", "Europe/Berlin"), noon);
    EXPECT_EQ(to_local_text(noon, ""), "2026-07-01 10:00:00.125");
    EXPECT_EQ(to_rfc3339(*from_local_text("2026-03-29 02:30:00.000", "Europe/Berlin")), "2026-03-29T01:00:00Z");
    EXPECT_EQ(to_rfc3339(*from_local_text("2026-10-25 02:30:00.000", "Europe/Berlin")), "2026-10-25T00:30:00Z");
    for (const auto* wrong : {"2026-02-30 00:00:00.000", "2026-01-01 24:00:00.000", "2026-01-01 00:00:00", "2026/01/01 00:00:00.000", ""})
        EXPECT_FALSE(from_local_text(wrong, "UTC")) << wrong;
    EXPECT_THROW(to_local_text(noon, "Nowhere/None"), Error);
}

}  // namespace
}  // namespace fairlead::catalog

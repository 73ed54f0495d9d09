#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "transfer/link_path.hpp"
#include "transfer/selection.hpp"

namespace fairlead::transfer {
namespace {

using testing::ElementsAre;

Job job(std::string name, std::uint64_t size, int day) {
    Job result;
    result.source = std::move(name);
    result.facts.size = size;
    result.facts.modified = Time(std::chrono::hours(24 * day));
    return result;
}

/// The names in the order in which a selection gives them out.
std::vector<std::string> chosen(const std::string& order, std::optional<std::uint64_t> first = {}) {
    Selection selection(order.empty() ? Order{} : parse_order(order), first);
    std::vector<std::string> names;
    for (auto& file : {job("/b", 30, 1), job("/a", 10, 3), job("/d", 20, 2), job("/c", 20, 4)}) {
        const auto now = selection.add(file);
        if (now) names.push_back(now->source);
    }
    for (const auto& file : selection.finish())
        names.push_back(file.source);
    return names;
}

TEST(Selections, files_pass_through_in_the_order_in_which_they_are_found) {
    EXPECT_THAT(chosen(""), ElementsAre("/b", "/a", "/d", "/c"));
    EXPECT_THAT(chosen("", 2), ElementsAre("/b", "/a"));
}

TEST(Selections, files_are_brought_into_the_order_that_is_asked_for) {
    EXPECT_THAT(chosen("name"), ElementsAre("/a", "/b", "/c", "/d"));
    EXPECT_THAT(chosen("name-desc"), ElementsAre("/d", "/c", "/b", "/a"));
    EXPECT_THAT(chosen("size"), ElementsAre("/a", "/c", "/d", "/b"));
    EXPECT_THAT(chosen("size-desc"), ElementsAre("/b", "/c", "/d", "/a"));
    EXPECT_THAT(chosen("time"), ElementsAre("/b", "/d", "/a", "/c"));
    EXPECT_THAT(chosen("time-desc"), ElementsAre("/c", "/a", "/d", "/b"));
}

TEST(Selections, the_first_ones_are_the_first_of_that_order) {
    EXPECT_THAT(chosen("time-desc", 2), ElementsAre("/c", "/a"));
    EXPECT_THAT(chosen("size", 3), ElementsAre("/a", "/c", "/d"));
    EXPECT_THAT(chosen("size", 0), ElementsAre());
}

TEST(Selections, what_has_no_size_comes_last_either_way) {
    for (const auto* order : {"size", "size-desc"}) {
        Selection selection(parse_order(order), {});
        auto unknown = job("/0", 0, 1);
        unknown.facts.size.reset();
        selection.add(unknown);
        selection.add(job("/1", 5, 1));
        EXPECT_EQ(selection.finish().back().source, "/0") << order;
    }
}

TEST(Selections, an_unknown_order_is_refused_with_the_choices) {
    try {
        parse_order("colour");
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.code, ErrorCode::invalid_argument);
        EXPECT_THAT(error.faults.at(0).problem, testing::HasSubstr("name, size or time"));
    }
}

TEST(LinkPaths, a_link_that_leads_back_is_seen) {
    const auto here = LinkPath("/top").down("a").down("b");
    EXPECT_FALSE(here.through("up", ".."));
    EXPECT_FALSE(here.through("self", "."));
    EXPECT_FALSE(here.through("top", "/top"));
    EXPECT_FALSE(here.through("root", "/"));
    EXPECT_FALSE(here.through("elsewhere_named", "/srv/top/a"))
        << "the server may know our place by a longer path";
    EXPECT_TRUE(here.through("beside", "../c"));
    EXPECT_TRUE(here.through("down", "c/d"));
}

TEST(LinkPaths, a_circle_through_several_links_is_seen) {
    const auto first = LinkPath("/top").down("a").through("to_b", "../b");
    ASSERT_TRUE(first);
    EXPECT_FALSE(first->through("to_a", "../a"));
}

TEST(LinkPaths, links_that_say_nothing_end_after_some) {
    std::optional<LinkPath> path = LinkPath("/top");
    unsigned followed = 0;
    for (; path && followed < 100; ++followed)
        path = path->through("link", "");
    EXPECT_LT(followed, 20u);
}

TEST(LinkPaths, a_link_stays_in_its_tree_or_not) {
    EXPECT_TRUE(LinkPath::stays_inside("/a/link", "../b"));
    EXPECT_TRUE(LinkPath::stays_inside("/link", "b/../c"));
    EXPECT_FALSE(LinkPath::stays_inside("/a/link", "../../b"));
    EXPECT_FALSE(LinkPath::stays_inside("/link", ".." + std::string("/x")));
    EXPECT_FALSE(LinkPath::stays_inside("/link", "/etc/passwd"));
}

}  // namespace
}  // namespace fairlead::transfer

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "monitor/agenda.hpp"

namespace fairlead::monitor {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

Time at(std::chrono::milliseconds since) {
    return Time(1'800'000'000'000ms + since);
}

Agenda::Item item(const std::string& id, const std::string& place = "", const std::string& server = "s") {
    return {id, place.empty() ? id : place, server, 300s, 0, {}};
}

TEST(TheAgenda, gives_out_what_is_due_in_order_and_together_what_one_listing_serves) {
    Agenda agenda(10);
    agenda.put(item("late"), at(50s));
    agenda.put(item("a", "x"), at(10s));
    agenda.put(item("b", "x"), at(290s));  // once it comes early, and then they keep step
    auto others = item("c", "x");
    others.interval = 200s;
    agenda.put(others, at(30s));  // within a tenth of its interval
    others = item("d", "x");
    others.interval = 200s;
    agenda.put(others, at(31s));
    EXPECT_EQ(agenda.next(), at(10s));
    EXPECT_FALSE(agenda.take(at(9s)));
    const auto turn = agenda.take(at(10s));
    ASSERT_TRUE(turn);
    EXPECT_THAT(turn->ids, ElementsAre("a", "b", "c"));
    EXPECT_EQ(turn->due, at(10s));
    EXPECT_EQ(agenda.next(), at(31s));
    agenda.done("a", at(20s), true);
    EXPECT_EQ(agenda.next(), at(20s));
    EXPECT_THAT(agenda.take(at(20s))->ids, ElementsAre("a", "d"));  // b is still under way
}

TEST(TheAgenda, does_not_let_one_server_that_hangs_hold_up_the_others) {
    Agenda agenda(2);
    for (const auto* id : {"1", "2", "3"})
        agenda.put(item(id, "", "slow"), at(0s));
    agenda.put(item("other", "", "quick"), at(5s));
    EXPECT_TRUE(agenda.take(at(5s)));
    EXPECT_TRUE(agenda.take(at(5s)));
    EXPECT_THAT(agenda.take(at(5s))->ids, ElementsAre("other"));
    EXPECT_FALSE(agenda.take(at(99s)));
    EXPECT_FALSE(agenda.next());
    agenda.done("1", at(300s), true);
    agenda.release("slow");
    EXPECT_THAT(agenda.take(at(99s))->ids, ElementsAre("3"));
}

TEST(TheAgenda, follows_changes_of_monitors_without_forgetting_when_they_are_due) {
    Agenda agenda(2);
    agenda.put(item("a"), at(300s));
    agenda.put(item("a"), at(0s));  // loaded again
    EXPECT_EQ(agenda.next(), at(300s));
    auto shorter = item("a");
    shorter.interval = 10s;
    agenda.put(shorter, at(0s));
    EXPECT_EQ(agenda.next(), at(-20s));  // 300 s and a tenth before 300 s it may have looked
    auto known = shorter;
    known.stored = at(10s);
    agenda.put(known, at(10s));
    agenda.put(shorter, at(3s));  // it forgot what it saw: at once
    EXPECT_EQ(agenda.next(), at(3s));
    agenda.remove("a");
    EXPECT_FALSE(agenda.next());
    agenda.put(shorter, at(10s));
    agenda.put(item("b"), at(1s));
    agenda.keep({"a"});
    EXPECT_EQ(agenda.size(), 1u);
    EXPECT_EQ(agenda.next(), at(10s));
    const auto turn = agenda.take(at(10s));
    agenda.keep({});  // deleted while it looks
    agenda.done("a", at(20s), true);
    agenda.release(turn->server);
    EXPECT_FALSE(agenda.next());
}

TEST(TheNextLook, is_a_tenth_sooner_or_later_and_comes_later_after_failures) {
    EXPECT_EQ(next_look(at(0s), at(1s), 100s, 0, 0.5), at(100s));
    EXPECT_EQ(next_look(at(0s), at(1s), 100s, 0, 0.0), at(90s));
    EXPECT_EQ(next_look(at(0s), at(1s), 100s, 1, 0.5), at(100s));
    EXPECT_EQ(next_look(at(0s), at(1s), 100s, 2, 0.5), at(200s));
    EXPECT_EQ(next_look(at(0s), at(1s), 100s, 60, 0.5), at(300s));
    EXPECT_EQ(next_look(at(0s), at(1s), 3600s, 60, 0.5), at(3600s));
    EXPECT_EQ(next_look(at(0s), at(150s), 100s, 0, 0.5), at(150s));  // it took longer than the interval
}

TEST(NextLook, is_never_later_than_the_latest) {
    const Time now{std::chrono::hours(1000)};
    for (const auto interval : {std::chrono::seconds(1), std::chrono::seconds(300), std::chrono::seconds(86'400)})
        for (const std::uint64_t failures : {0, 1, 5, 1000}) {
            const auto next = next_look(now, now, interval, failures, 1.0);
            EXPECT_LE(next, latest_look(now, interval));
            EXPECT_GT(next + interval + std::chrono::minutes(6), latest_look(now, interval));
        }
}

}  // namespace
}  // namespace fairlead::monitor

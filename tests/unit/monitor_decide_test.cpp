#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "monitor/decide.hpp"

namespace fairlead::monitor {
namespace {

using catalog::FileChange;
using catalog::FileState;
using namespace std::chrono_literals;
using ::testing::HasSubstr;

Time at(std::chrono::milliseconds since) {
    return Time(1'800'000'000'000ms + since);
}

Entry entry(std::uint64_t size, Time modified, TimePrecision precision = TimePrecision::second) {
    Entry entry;
    entry.path = "/in/a.csv";
    entry.name = "a.csv";
    entry.size = size;
    entry.modified = modified;
    entry.modified_precision = precision;
    entry.mode = 0644;
    return entry;
}

TEST(Seen, makes_the_baseline_known_in_silence_and_tells_of_what_comes_later) {
    const auto first = seen(nullptr, entry(1, at(0s)), {}, at(0s), 1, true);
    EXPECT_FALSE(first.waiting);
    EXPECT_EQ(first.told, 1u);
    const auto later = seen(nullptr, entry(1, at(0s)), {}, at(0s), 2, false);
    EXPECT_EQ(later.waiting, FileChange::created);
    EXPECT_EQ(later.told, 0u);
}

TEST(Seen, finds_what_has_an_old_time_or_the_same_second) {  // landmines 127 and 128
    const auto known = seen(nullptr, entry(5, at(0s)), {}, at(0s), 1, true);
    EXPECT_EQ(seen(&known, entry(5, at(-240h)), {}, at(1s), 2, false).waiting, FileChange::modified);
    EXPECT_EQ(seen(&known, entry(6, at(0s)), {}, at(1s), 2, false).waiting, FileChange::modified);
    EXPECT_FALSE(seen(&known, entry(5, at(0s)), {}, at(1s), 2, false).waiting);
}

TEST(Seen, takes_another_size_for_a_change_where_the_time_may_hide_one) {
    const auto changed = [](Time modified, TimePrecision precision, Time first_seen) {
        const auto known = seen(nullptr, entry(5, modified, precision), {}, first_seen, 1, true);
        return seen(&known, entry(6, modified, precision), {}, first_seen + 300s, 2, false).waiting.has_value();
    };
    EXPECT_FALSE(changed(at(-48h), TimePrecision::second, at(0s)));  // check 41 of the monitors before this one
    EXPECT_TRUE(changed(at(-48h), TimePrecision::minute, at(0s)));
    EXPECT_TRUE(changed(at(-3h), TimePrecision::second, at(0s)));  // written just now, by a clock that is hours off
    EXPECT_TRUE(changed(at(3h), TimePrecision::second, at(0s)));
}

TEST(Seen, takes_a_time_that_grew_less_precise_for_the_same) {
    const auto known = seen(nullptr, entry(5, at(17s)), {}, at(0s), 1, true);
    const auto coarse =
        seen(&known, entry(5, std::chrono::floor<std::chrono::minutes>(at(17s)), TimePrecision::minute), {},
             at(60s), 2, false);
    EXPECT_FALSE(coarse.waiting);
    EXPECT_EQ(coarse.facts.precision, TimePrecision::second);
    EXPECT_EQ(seen(&coarse, entry(5, at(18s)), {}, at(120s), 3, false).waiting, FileChange::modified);
}

TEST(Seen, cares_only_for_the_facts_of_the_rules) {
    Rules rules;
    rules.size = false;
    rules.time = false;
    const auto known = seen(nullptr, entry(5, at(0s)), rules, at(0s), 1, true);
    EXPECT_FALSE(seen(&known, entry(9, at(9s)), rules, at(1s), 2, false).waiting);
    rules.mode = true;
    auto other = entry(5, at(0s));
    other.mode = 0600;
    EXPECT_EQ(seen(&known, other, rules, at(1s), 2, false).waiting, FileChange::modified);
}

TEST(Settling, waits_for_looks_time_name_and_marker_and_says_why) {  // field.md 130
    Rules rules;
    rules.settling.looks = 2;
    auto state = seen(nullptr, entry(1, at(0s)), rules, at(0s), 1, false);
    EXPECT_THAT(why_waiting(state, rules, at(0s), true).value_or(""), HasSubstr("0 of 2 looks"));
    state = seen(&state, entry(1, at(0s)), rules, at(10s), 2, false);
    state = seen(&state, entry(2, at(0s)), rules, at(20s), 3, false);  // it grew: it begins anew
    EXPECT_THAT(why_waiting(state, rules, at(20s), true).value_or(""), HasSubstr("0 of 2 looks"));
    state = seen(&state, entry(2, at(0s)), rules, at(30s), 4, false);
    state = seen(&state, entry(2, at(0s)), rules, at(40s), 5, false);
    EXPECT_FALSE(why_waiting(state, rules, at(40s), true));
    rules.settling.time = 30s;
    EXPECT_THAT(why_waiting(state, rules, at(40s), true).value_or(""), HasSubstr("20s ago, not 30s"));
    EXPECT_FALSE(why_waiting(state, rules, at(50s), true));
    rules.settling.marker = "{stem}.ok";
    EXPECT_EQ(marker_of(state, rules), "/in/a.ok");
    EXPECT_THAT(why_waiting(state, rules, at(50s), false).value_or(""), HasSubstr("/in/a.ok"));
    rules.settling.unfinished.emplace_back("*.csv");
    EXPECT_THAT(why_waiting(state, rules, at(50s), true).value_or(""), HasSubstr("being written"));
}

TEST(Tell, gives_the_same_id_for_the_same_event_and_another_for_the_next) {
    auto state = seen(nullptr, entry(1, at(0s)), {}, at(0s), 2, false);
    auto copy = state;
    const auto event = tell(state, "m", at(0s));
    EXPECT_EQ(event.change, FileChange::created);
    EXPECT_EQ(event.id, tell(copy, "m", at(5s)).id);
    state = seen(&state, entry(2, at(1s)), {}, at(1s), 3, false);
    const auto next = tell(state, "m", at(1s));
    EXPECT_EQ(next.change, FileChange::modified);
    EXPECT_NE(next.id, event.id);
    EXPECT_NE(tell_deleted(state, 4, "m", at(2s))->id, next.id);
}

TEST(Tell, says_nothing_of_the_end_of_a_file_that_nobody_had_heard_of) {
    const auto state = seen(nullptr, entry(1, at(0s)), {}, at(0s), 2, false);
    EXPECT_FALSE(tell_deleted(state, 3, "m", at(1s)));
}

TEST(Rename, is_told_only_of_files_that_are_the_same_beyond_doubt) {
    const auto gone = seen(nullptr, entry(5, at(0s)), {}, at(0s), 1, true);
    auto found = seen(nullptr, entry(5, at(0s)), {}, at(0s), 2, false);
    found.path = "/in/b.csv";
    EXPECT_TRUE(may_be_renamed(gone, found));
    auto empty = found, coarse = found, other = found;
    empty.facts.size = 0;
    coarse.facts.precision = TimePrecision::minute;
    other.facts.modified = at(1s);
    EXPECT_FALSE(may_be_renamed(gone, empty));
    EXPECT_FALSE(may_be_renamed(gone, coarse));
    EXPECT_FALSE(may_be_renamed(gone, other));
}

}  // namespace
}  // namespace fairlead::monitor

#include <gtest/gtest.h>

#include "transfer/resume.hpp"
#include "transfer/retry.hpp"

namespace fairlead::transfer {
namespace {

using Kind = Verdict::Kind;
using State = Unfinished::State;
using namespace std::chrono_literals;
constexpr std::uint64_t kMiB = 1024 * 1024;

Entry file(std::uint64_t size, std::optional<Time> modified = Time(1'000'000s)) {
    Entry entry;
    entry.size = size;
    entry.modified = modified;
    return entry;
}

class Judging : public testing::Test {
  protected:
    Judging() {
        left.source_size = 10 * kMiB;
        left.target = "/a";
        left.temporary = "/.a";
        means.reads_source_at = means.reads_target_at = means.writes_target_at = means.appends = true;
    }
    Verdict verdict(bool only_look = false) const { return judge(left, sight, means, options, only_look); }

    Unfinished left;
    Sight sight;
    Means means;
    Options options;
};

TEST_F(Judging, goes_on_where_the_bytes_end) {
    sight.written = file(4 * kMiB);
    EXPECT_EQ(verdict().kind, Kind::go_on);
    EXPECT_EQ(verdict().offset, 4 * kMiB);
    EXPECT_FALSE(verdict().by_append);
}

TEST_F(Judging, goes_back_by_what_may_have_holes) {
    sight.written = file(4 * kMiB);
    means.unordered = 3 * kMiB;
    EXPECT_EQ(verdict().offset, kMiB);
    means.unordered = 4 * kMiB;
    EXPECT_EQ(verdict().kind, Kind::start_over);
}

TEST_F(Judging, goes_back_no_further_than_to_what_the_target_has_answered_for) {
    sight.written = file(4 * kMiB);
    means.unordered = 16 * kMiB;
    left.segments = to_text({{0, 10 * kMiB, 3 * kMiB}});
    EXPECT_EQ(verdict().kind, Kind::go_on);
    EXPECT_EQ(verdict().offset, 3 * kMiB);
    left.segments = to_text({{0, 10 * kMiB, 5 * kMiB}});
    EXPECT_EQ(verdict().offset, 4 * kMiB) << "it became shorter since";
    means.unordered = kMiB / 2;
    left.segments = to_text({{0, 10 * kMiB, kMiB}});
    EXPECT_EQ(verdict().offset, 4 * kMiB - kMiB / 2);
    left.segments = "nonsense";
    EXPECT_EQ(verdict().offset, 4 * kMiB - kMiB / 2);
}

TEST_F(Judging, begins_anew_where_that_is_cheaper_or_nothing_is_there_or_too_much) {
    EXPECT_EQ(verdict().kind, Kind::start_over);
    sight.written = file(kMiB - 1);
    EXPECT_EQ(verdict().kind, Kind::start_over);
    sight.written = file(10 * kMiB + 1);
    EXPECT_EQ(verdict().kind, Kind::start_over);
}

TEST_F(Judging, appends_where_only_that_exists_and_never_over_holes) {
    sight.written = file(4 * kMiB);
    means.writes_target_at = false;
    EXPECT_TRUE(verdict().by_append);
    EXPECT_EQ(verdict().offset, 4 * kMiB);
    means.unordered = 1;
    EXPECT_EQ(verdict().kind, Kind::start_over);
}

TEST_F(Judging, begins_anew_where_nobody_could_compare) {
    sight.written = file(4 * kMiB);
    means.reads_target_at = false;
    EXPECT_EQ(verdict().kind, Kind::start_over);
    means.reads_target_at = true;
    means.reads_source_at = false;
    EXPECT_EQ(verdict().kind, Kind::start_over);
}

TEST_F(Judging, never_goes_on_in_text_mode_nor_when_that_was_refused_nor_with_what_is_doomed) {
    sight.written = file(4 * kMiB);
    options.text = true;
    EXPECT_EQ(verdict().kind, Kind::start_over);
    options.text = false;
    options.resume = false;
    EXPECT_EQ(verdict().kind, Kind::start_over);
    options.resume = true;
    left.state = State::doomed;
    EXPECT_EQ(verdict().kind, Kind::start_over);
}

TEST_F(Judging, takes_a_file_that_lost_its_temporary_name_and_has_the_final_one_as_delivered) {
    left.state = State::staged;
    left.staged_size = 10 * kMiB;
    sight.target = file(10 * kMiB);
    EXPECT_EQ(verdict().kind, Kind::delivered);
    sight.target = file(10 * kMiB - 1);
    EXPECT_EQ(verdict().kind, Kind::start_over);
    sight.target = file(10 * kMiB);
    left.state = State::begun;
    EXPECT_EQ(verdict().kind, Kind::start_over) << "it was never proven";
}

TEST_F(Judging, publishes_a_staged_file_that_still_has_its_temporary_name) {
    left.state = State::staged;
    left.staged_size = 10 * kMiB;
    sight.written = file(10 * kMiB);
    EXPECT_EQ(verdict().kind, Kind::go_on);
    EXPECT_EQ(verdict().offset, 10 * kMiB);
}

TEST_F(Judging, only_looking_compares_as_far_back_as_there_may_be_holes) {
    means.unordered = 3 * kMiB;
    sight.written = file(10 * kMiB);
    EXPECT_EQ(verdict().offset, 7 * kMiB) << "what may be missing is sent again";
    EXPECT_EQ(verdict(true).offset, 10 * kMiB);
    EXPECT_EQ(verdict(true).compare, 3 * kMiB);
}

TEST_F(Judging, goes_on_appending_and_leaves_a_file_alone_that_somebody_else_changed) {
    left.mode = Unfinished::Mode::append;
    left.temporary.clear();
    left.existing_size = 1000;
    sight.target = file(1000 + 4 * kMiB);
    EXPECT_EQ(verdict().kind, Kind::go_on);
    EXPECT_EQ(verdict().offset, 4 * kMiB);
    sight.target = file(1000);
    EXPECT_EQ(verdict().offset, 0u);
    sight.target = file(1000 + 10 * kMiB);
    EXPECT_EQ(verdict().kind, Kind::delivered);
    sight.target = file(999);
    EXPECT_EQ(verdict().kind, Kind::disturbed);
    sight.target = file(1001 + 10 * kMiB);
    EXPECT_EQ(verdict().kind, Kind::disturbed);
}

TEST(SameSource, is_told_by_place_path_size_and_time_as_far_as_both_are_precise) {
    Unfinished left;
    left.source_place = "ftp://u@h:21/";
    left.source_path = "/a";
    left.source_size = 10;
    left.source_modified = Time(1'000'000'123ms);
    left.source_precision = TimePrecision::millisecond;
    auto now = file(10, Time(1'000'000'000ms));
    now.modified_precision = TimePrecision::second;
    EXPECT_TRUE(is_same_source(left, "ftp://u@h:21/", "/a", now));
    EXPECT_FALSE(is_same_source(left, "ftp://u@h:21/", "/b", now));
    EXPECT_FALSE(is_same_source(left, "ftp://u@other:21/", "/a", now));
    EXPECT_FALSE(is_same_source(left, "ftp://u@h:21/", "/a", file(11, now.modified)));
    EXPECT_FALSE(is_same_source(left, "ftp://u@h:21/", "/a", file(10, Time(1'000'001'000ms))));
    EXPECT_FALSE(is_same_source(left, "ftp://u@h:21/", "/a", file(10, std::nullopt)));
}

TEST(Keeping, is_for_what_a_lost_network_or_a_stop_leaves_and_not_for_refusals) {
    const Options options;
    const auto keeps = [&](ErrorCode code, std::uint64_t arrived, bool all_sent) {
        return is_worth_keeping(Error(code, ""), arrived, all_sent, true, options);
    };
    EXPECT_TRUE(keeps(ErrorCode::cancelled, 2 * kMiB, false));
    EXPECT_TRUE(keeps(ErrorCode::connection_lost, 2 * kMiB, false));
    EXPECT_FALSE(keeps(ErrorCode::connection_lost, kMiB - 1, false));
    EXPECT_TRUE(keeps(ErrorCode::incomplete, 10, true)) << "somebody will look";
    EXPECT_FALSE(keeps(ErrorCode::permission_denied, 2 * kMiB, false));
    EXPECT_FALSE(keeps(ErrorCode::no_space, 2 * kMiB, false));
    EXPECT_FALSE(keeps(ErrorCode::source_changed, 2 * kMiB, true));
    EXPECT_FALSE(keeps(ErrorCode::size_mismatch, 2 * kMiB, true));
    EXPECT_FALSE(is_worth_keeping(Error(ErrorCode::cancelled, ""), 2 * kMiB, false, false, options));
}

TEST(Retries, wait_twice_as_long_each_time_up_to_a_cap_and_spread_over_the_second_half) {
    const Error lost(ErrorCode::connection_lost, "");
    Patience patience{3, 500ms, 4000ms};
    EXPECT_EQ(wait_after(1, lost, patience, 1), 500ms);
    EXPECT_EQ(wait_after(1, lost, patience, 0), 250ms);
    EXPECT_EQ(wait_after(2, lost, patience, 1), 1000ms);
    EXPECT_EQ(wait_after(4, lost, patience, 1), 4000ms);
    EXPECT_EQ(wait_after(100, lost, patience, 1), 4000ms);
    EXPECT_EQ(wait_after(100, lost, patience, 0.5), 3000ms);
}

TEST(Retries, grow_as_fast_and_are_left_to_chance_as_far_as_somebody_says) {
    const Error lost(ErrorCode::connection_lost, "");
    Patience patience{5, 100ms, 10s, 3, 0.2};
    EXPECT_EQ(wait_after(1, lost, patience, 1), 100ms);
    EXPECT_EQ(wait_after(3, lost, patience, 1), 900ms);
    EXPECT_EQ(wait_after(3, lost, patience, 0), 720ms);
    EXPECT_EQ(wait_after(9, lost, patience, 1), 10s);
    patience.factor = 1;
    patience.jitter = 0;
    EXPECT_EQ(wait_after(7, lost, patience, 0), 100ms);
}

TEST(Retries, can_be_for_some_errors_only_and_never_for_those_that_stay) {
    const Patience some{2, 1ms, 1ms, 2, 0.5, {ErrorCode::timeout, ErrorCode::permission_denied}};
    EXPECT_TRUE(is_worth_another(Error(ErrorCode::timeout, ""), 1, some));
    EXPECT_FALSE(is_worth_another(Error(ErrorCode::connection_lost, ""), 1, some));
    Error refused(ErrorCode::permission_denied, "");
    EXPECT_FALSE(is_worth_another(refused, 1, some));
    refused.retry = true;  // the server said: not now
    EXPECT_TRUE(is_worth_another(refused, 1, some));
}

TEST(Retries, wait_as_long_as_the_server_names_within_reason) {
    Error busy(ErrorCode::server_busy, "");
    busy.retry_after = 60s;
    EXPECT_EQ(wait_after(1, busy, Patience{}, 0), 60s);
    busy.retry_after = 24h;
    EXPECT_EQ(wait_after(1, busy, Patience{}, 0), 5min);
}

TEST(Retries, are_for_what_may_pass_and_end_with_patience) {
    const Patience twice{2, 1ms, 1ms};
    EXPECT_TRUE(is_worth_another(Error(ErrorCode::connection_lost, ""), 2, twice));
    EXPECT_FALSE(is_worth_another(Error(ErrorCode::connection_lost, ""), 3, twice));
    EXPECT_FALSE(is_worth_another(Error(ErrorCode::connection_lost, ""), 1, Patience{}));
    for (const auto never :
         {ErrorCode::authentication_failed, ErrorCode::permission_denied, ErrorCode::no_space,
          ErrorCode::not_found, ErrorCode::host_key_mismatch, ErrorCode::cancelled})
        EXPECT_FALSE(is_worth_another(Error(never, ""), 1, twice)) << to_string(never);
    Error overridden(ErrorCode::timeout, "");
    overridden.retry = false;
    EXPECT_FALSE(is_worth_another(overridden, 1, twice));
}

}  // namespace
}  // namespace fairlead::transfer

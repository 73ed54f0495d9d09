#include "transfer/segments.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace fairlead::transfer {
namespace {

using ::testing::SizeIs;

constexpr std::uint64_t kMiB = 1024 * 1024;

TEST(Segments, cover_the_whole_file_without_gaps) {
    for (const std::uint64_t size : {std::uint64_t{1}, kMiB, 100 * kMiB, 100 * kMiB + 1, 1000 * kMiB - 3}) {
        for (const unsigned count : {1u, 2u, 3u, 7u, 64u}) {
            const auto segments = divide(size, count);
            EXPECT_LE(segments.size(), count);
            std::uint64_t at = 0;
            for (const auto& segment : segments) {
                EXPECT_EQ(segment.begin, at);
                EXPECT_EQ(segment.done, 0u);
                at = segment.end;
            }
            EXPECT_EQ(at, size);
        }
    }
}

TEST(Segments, of_a_small_file_are_few) {
    EXPECT_THAT(divide(0, 8), SizeIs(1));
    EXPECT_THAT(divide(2 * kSmallestSegment - 1, 8), SizeIs(1));
    EXPECT_THAT(divide(3 * kSmallestSegment, 8), SizeIs(3));
    EXPECT_THAT(divide(100 * kSmallestSegment, 8), SizeIs(8));
}

TEST(Segments, read_back_what_they_write) {
    auto segments = divide(100 * kMiB, 3);
    segments[0].done = 17;
    segments[2].done = segments[2].end - segments[2].begin;
    EXPECT_EQ(read_segments(to_text(segments), 100 * kMiB), segments);
    EXPECT_EQ(done_in(segments), 17 + segments[2].done);
}

TEST(Segments, that_do_not_tell_all_of_the_file_are_not_believed) {
    for (const auto* text : {"", "0-100", "0-100+", "0-100+101", "1-100+0", "0-50+0 60-100+0", "0-50+0",
                             "0-100+5x", "0-60+0 50-100+0", "-1-100+0"})
        EXPECT_EQ(read_segments(text, 100), std::nullopt) << text;
    EXPECT_TRUE(read_segments("0-50+50 50-100+0", 100));
}

TEST(Segments, what_may_be_missing_is_moved_again) {
    const Segments segments{{0, 100, 100}, {100, 200, 30}, {200, 300, 0}};
    EXPECT_EQ(held_back(segments, 40), (Segments{{0, 100, 60}, {100, 200, 0}, {200, 300, 0}}));
}

TEST(Segments, are_halved_by_what_is_left_of_them) {
    Segment first{0, 100 * kSmallestSegment, 20 * kSmallestSegment};
    const auto second = take_half(first);
    EXPECT_EQ(first, (Segment{0, 60 * kSmallestSegment, 20 * kSmallestSegment}));
    EXPECT_EQ(second, (Segment{60 * kSmallestSegment, 100 * kSmallestSegment, 0}));
}

}  // namespace
}  // namespace fairlead::transfer

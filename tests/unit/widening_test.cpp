#include "transfer/widening.hpp"

#include <gtest/gtest.h>

namespace fairlead::transfer {
namespace {

using Seconds = Widening::Seconds;
constexpr std::uint64_t kMega = 1'000'000;

/// A link on which each stream brings so much a second, and all of them together no more than a limit.
struct Link {
    std::uint64_t each, limit;
    double cpu = 0.1;
    std::uint64_t left = 100'000 * kMega;

    /// Looks so many times, or until nothing changes any more; gives the streams in the end.
    unsigned look(Widening& widening, unsigned possible = 100, unsigned times = 100) const {
        unsigned streams = 1;
        for (unsigned i = 0; i < times && !widening.is_settled(); ++i) {
            Widening::Sample sample;
            sample.bytes = std::min(limit, streams * each);
            sample.time = Seconds(1);
            sample.cpu = cpu;
            sample.left = left;
            sample.streams = std::min(streams, possible);
            sample.possible = possible;
            streams = widening.look(sample);
        }
        return streams;
    }
};

TEST(Widening, takes_as_many_streams_as_there_are_while_each_waits_for_a_long_way) {
    Widening widening(Seconds(0.15), 4);
    EXPECT_EQ((Link{50 * kMega, 1000 * kMega}).look(widening), 4u);
}

TEST(Widening, stops_where_one_more_gains_nothing) {
    Widening widening(Seconds(0.15), 8);
    EXPECT_EQ((Link{50 * kMega, 100 * kMega}).look(widening), 4u) << "2 gained, 4 did not";
    EXPECT_TRUE(widening.is_settled());
}

TEST(Widening, tries_nothing_over_a_short_way) {
    Widening widening(Seconds(0.002), 4);
    EXPECT_TRUE(widening.is_settled());
    EXPECT_EQ((Link{50 * kMega, 1000 * kMega}).look(widening), 1u);
}

TEST(Widening, waits_until_a_stream_has_come_to_its_pace) {
    Widening widening(Seconds(0.15), 4);
    for (std::uint64_t rate = kMega; rate < 100 * kMega; rate *= 2)
        EXPECT_EQ(widening.look({rate, Seconds(1), 0.1, 100'000 * kMega, 1, 4}), 1u);
    EXPECT_EQ(widening.look({64 * kMega, Seconds(1), 0.1, 100'000 * kMega, 1, 4}), 2u);
}

TEST(Widening, does_nothing_for_a_file_that_ends_soon_or_a_machine_that_is_busy) {
    Widening soon(Seconds(0.15), 4), busy(Seconds(0.15), 4);
    EXPECT_EQ((Link{.each = 50 * kMega, .limit = 1000 * kMega, .left = 40 * kMega}).look(soon), 1u);
    EXPECT_EQ((Link{.each = 50 * kMega, .limit = 1000 * kMega, .cpu = 0.95}).look(busy), 1u);
}

TEST(Widening, gets_on_with_the_sessions_that_were_to_be_had) {
    Widening widening(Seconds(0.15), 8);
    EXPECT_EQ((Link{50 * kMega, 1000 * kMega}).look(widening, 2), 2u);
    EXPECT_TRUE(widening.is_settled());
}

TEST(Widening, waits_for_a_session_that_is_being_opened) {
    Widening widening(Seconds(0.15), 4);
    const Widening::Sample one{50 * kMega, Seconds(1), 0.1, 100'000 * kMega, 1, 4};
    EXPECT_EQ(widening.look(one), 1u);
    EXPECT_EQ(widening.look(one), 2u);
    for (int i = 0; i < 20; ++i)
        EXPECT_EQ(widening.look(one), 2u);
    EXPECT_FALSE(widening.is_settled());
}

}  // namespace
}  // namespace fairlead::transfer

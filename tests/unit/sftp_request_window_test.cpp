#include "sftp/request_window.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace fairlead::sftp {
namespace {

using Requests = std::vector<ReadWindow::Request>;

Requests all_requests(ReadWindow& window) {
    Requests requests;
    while (const auto request = window.next_request())
        requests.push_back(*request);
    return requests;
}

TEST(ReadWindow, asks_for_a_known_size_and_one_more_to_prove_the_end) {
    ReadWindow window(0, 250, 100, FlightLimit());
    const auto requests = all_requests(window);
    ASSERT_EQ(requests.size(), 4u);
    EXPECT_EQ(requests[2].offset, 200u);
    EXPECT_EQ(requests[2].length, 50u);
    EXPECT_EQ(requests[3].offset, 250u);
}

TEST(ReadWindow, puts_answers_in_any_order_into_file_order) {
    ReadWindow window(0, 300, 100, FlightLimit());
    const auto requests = all_requests(window);
    window.ended(requests[3].ticket);
    window.answered(requests[2].ticket, 100);
    window.answered(requests[1].ticket, 100);
    EXPECT_FALSE(window.next_piece());
    window.answered(requests[0].ticket, 100);
    for (const std::uint64_t offset : {0u, 100u, 200u}) {
        const auto piece = window.next_piece();
        ASSERT_TRUE(piece);
        EXPECT_EQ(piece->offset, offset);
        EXPECT_EQ(piece->length, 100u);
    }
    EXPECT_FALSE(window.next_piece());
    EXPECT_TRUE(window.done());
}

TEST(ReadWindow, is_not_done_before_the_server_has_proven_the_end) {
    ReadWindow window(0, 100, 100, FlightLimit());
    const auto requests = all_requests(window);
    window.answered(requests[0].ticket, 100);
    EXPECT_TRUE(window.next_piece());
    EXPECT_FALSE(window.done());
    window.ended(requests[1].ticket);
    EXPECT_FALSE(window.next_piece());
    EXPECT_TRUE(window.done());
}

TEST(ReadWindow, asks_again_for_the_rest_of_a_short_answer_and_for_less_from_then_on) {
    ReadWindow window(0, 100'000, 20'000, FlightLimit(2, 2));
    const auto requests = all_requests(window);
    ASSERT_EQ(requests.size(), 2u);
    window.answered(requests[0].ticket, 8'000);
    const auto rest = window.next_request();
    ASSERT_TRUE(rest);
    EXPECT_EQ(rest->piece, 0u);
    EXPECT_EQ(rest->offset, 8'000u);
    EXPECT_EQ(rest->at, 8'000u);
    EXPECT_EQ(rest->length, 12'000u);
    window.answered(rest->ticket, 12'000);
    EXPECT_EQ(window.next_piece()->length, 20'000u);
    EXPECT_EQ(window.next_request()->length, 8'000u);
}

TEST(ReadWindow, a_file_that_shrank_ends_where_it_ends_now) {
    ReadWindow window(0, 300, 100, FlightLimit());
    const auto requests = all_requests(window);
    window.answered(requests[0].ticket, 100);
    window.answered(requests[1].ticket, 30);
    const auto rest = window.next_request();
    window.ended(rest->ticket);
    window.ended(requests[2].ticket);
    window.ended(requests[3].ticket);
    EXPECT_EQ(window.next_piece()->length, 100u);
    EXPECT_EQ(window.next_piece()->length, 30u);
    EXPECT_FALSE(window.next_piece());
    EXPECT_TRUE(window.done());
}

TEST(ReadWindow, a_file_that_grew_is_read_to_its_new_end) {
    ReadWindow window(0, 100, 100, FlightLimit());
    const auto first = all_requests(window);
    window.answered(first[0].ticket, 100);
    window.answered(first[1].ticket, 100);  // from beyond the size that was told
    const auto more = all_requests(window);
    ASSERT_FALSE(more.empty());
    EXPECT_EQ(more[0].offset, 200u);
}

TEST(ReadWindow, an_announced_size_of_zero_is_no_size) {
    ReadWindow window(0, 0, 100, FlightLimit());
    const auto requests = all_requests(window);
    ASSERT_EQ(requests.size(), 2u);
    window.answered(requests[0].ticket, 40);
    EXPECT_FALSE(window.next_piece());
    window.ended(window.next_request()->ticket);
    EXPECT_EQ(window.next_piece()->length, 40u);
}

TEST(ReadWindow, begins_at_an_offset) {
    ReadWindow window(250, 300, 100, FlightLimit());
    const auto requests = all_requests(window);
    EXPECT_EQ(requests[0].offset, 250u);
    EXPECT_EQ(requests[0].length, 50u);
}

TEST(ReadWindow, has_more_in_flight_as_answers_come_and_never_more_than_allowed) {
    ReadWindow window(0, 1'000'000, 100, FlightLimit(16, 64));
    EXPECT_EQ(all_requests(window).size(), 16u);
    std::uint64_t ticket = 1;
    for (int i = 0; i < 200; ++i) {
        window.answered(ticket++, 100);
        window.next_piece();
        while (window.next_request()) {
        }
        ASSERT_LE(window.in_flight(), 64u);
    }
    EXPECT_EQ(window.in_flight(), 64u);
}

TEST(ReadWindow, pieces_that_wait_for_a_slow_reader_hold_new_requests_back) {
    ReadWindow window(0, 1'000'000, 100, FlightLimit(4, 4));
    const auto requests = all_requests(window);
    for (const auto& request : requests)
        window.answered(request.ticket, 100);
    EXPECT_FALSE(window.next_request());
    window.next_piece();
    EXPECT_FALSE(window.next_request(1));
    EXPECT_TRUE(window.next_request(0));
}

TEST(ReadWindow, asks_one_by_one_when_the_server_stalls_and_drops_late_answers) {
    ReadWindow window(0, 400, 100, FlightLimit());
    const auto before = all_requests(window);
    EXPECT_TRUE(window.stalled());
    EXPECT_FALSE(window.expects(before[0].ticket));
    window.answered(before[0].ticket, 100);  // late: nobody's any more
    EXPECT_FALSE(window.next_piece());
    const auto after = all_requests(window);
    ASSERT_EQ(after.size(), 1u);
    EXPECT_EQ(after[0].offset, 0u);
    window.answered(after[0].ticket, 100);
    EXPECT_EQ(window.next_piece()->offset, 0u);
    EXPECT_EQ(all_requests(window).size(), 1u);
    EXPECT_FALSE(window.stalled());
}

}  // namespace
}  // namespace fairlead::sftp

#include "ftp/reply.hpp"

#include <gtest/gtest.h>

#include "fairlead/error.hpp"

namespace fairlead::ftp {
namespace {

/// Feeds everything and takes all replies; `owed` as in ReplyParser::take.
std::vector<Reply> all(ReplyParser& parser, std::string_view bytes, std::size_t owed = 1) {
    parser.feed(bytes);
    std::vector<Reply> replies;
    while (auto reply = parser.take(owed))
        replies.push_back(std::move(*reply));
    return replies;
}

TEST(FtpReply, single_line) {
    ReplyParser parser;
    const auto replies = all(parser, "220 ready\r\n");
    ASSERT_EQ(replies.size(), 1u);
    EXPECT_EQ(replies[0].code, 220);
    EXPECT_EQ(replies[0].text(), "ready");
    EXPECT_EQ(replies[0].raw(), "220 ready");
    EXPECT_TRUE(replies[0].is_success());
    EXPECT_TRUE(parser.empty());
}

TEST(FtpReply, landmine_1_greeting_in_many_pieces_with_lines_that_start_with_other_digits) {
    const std::string greeting =
        "220-Welcome\r\n"
        "230 users are logged in\r\n"
        "  220 is our code\r\n"
        "\r\n"
        "220-\r\n"
        "530-no\r\n"
        "220 Ready.\r\n";
    ReplyParser parser;
    for (std::size_t i = 0; i + 1 < greeting.size(); ++i) {
        parser.feed({&greeting[i], 1});
        ASSERT_FALSE(parser.take().has_value()) << "after byte " << i;
    }
    parser.feed({&greeting.back(), 1});
    const auto reply = parser.take();
    ASSERT_TRUE(reply.has_value());
    EXPECT_EQ(reply->code, 220);
    EXPECT_EQ(reply->lines.size(), 7u);
    EXPECT_EQ(reply->oddity, "");
    EXPECT_TRUE(parser.empty());
}

TEST(FtpReply, landmine_2_lines_inside_that_look_like_replies_do_not_shift_what_follows) {
    ReplyParser parser;
    const auto replies = all(parser, "226-first\r\n226 looks like the end\r\n226 the end\r\n");
    ASSERT_EQ(replies.size(), 1u);
    EXPECT_EQ(replies[0].lines.size(), 3u);
    EXPECT_NE(replies[0].oddity, "");
    EXPECT_EQ(all(parser, "257 \"/\"\r\n").at(0).code, 257);
}

TEST(FtpReply, landmine_2_the_same_codes_are_replies_of_their_own_when_several_are_due) {
    ReplyParser parser;
    const auto replies = all(parser, "250-note\r\n250 first\r\n250 second\r\n", 2);
    ASSERT_EQ(replies.size(), 2u);
    EXPECT_EQ(replies[0].lines.size(), 2u);
    EXPECT_EQ(replies[1].text(), "second");
}

TEST(FtpReply, landmine_2_another_end_code_is_accepted_once_the_server_is_silent) {
    ReplyParser parser;
    parser.feed("226-Options\r\n250 Done\r\n");
    EXPECT_FALSE(parser.take().has_value());
    EXPECT_TRUE(parser.may_be_complete());
    const auto reply = parser.take_after_silence();
    ASSERT_TRUE(reply.has_value());
    EXPECT_EQ(reply->code, 250);
    EXPECT_NE(reply->oddity, "");
    EXPECT_TRUE(parser.empty());
}

TEST(FtpReply, landmine_2_an_unfinished_reply_stays_unfinished_however_silent_the_server) {
    ReplyParser parser;
    parser.feed("226-Options\r\n123 not a completion\r\n");
    EXPECT_FALSE(parser.take_after_silence().has_value());
    parser.feed("220 x\r\n226-more\r\n");
    EXPECT_FALSE(parser.take_after_silence().has_value());
    parser.feed("226 done\r\n");
    EXPECT_EQ(parser.take()->lines.size(), 5u);
}

TEST(FtpReply, a_tail_that_opens_again_waits_for_its_end_or_for_silence_between_lines) {
    ReplyParser parser;
    parser.feed("226-a\r\n226 b\r\n226-c\r\n226 ");
    EXPECT_FALSE(parser.take().has_value());
    EXPECT_FALSE(parser.may_be_complete());
    EXPECT_FALSE(parser.take_after_silence().has_value());
    parser.feed("d\r\n");
    EXPECT_EQ(parser.take()->lines.size(), 4u);
    parser.feed("226-a\r\n226 b\r\n226-c\r\n");
    EXPECT_FALSE(parser.take().has_value());
    EXPECT_TRUE(parser.may_be_complete());
    EXPECT_EQ(parser.take_after_silence()->lines.size(), 3u);
}

TEST(FtpReply, a_preliminary_and_a_final_reply_in_one_segment_are_two) {
    ReplyParser parser;
    const auto replies = all(parser, "150 opening\r\n226-stats\r\n226 done\r\n");
    ASSERT_EQ(replies.size(), 2u);
    EXPECT_TRUE(replies[0].is_preliminary());
    EXPECT_EQ(replies[1].lines.size(), 2u);
}

TEST(FtpReply, text_behind_the_end_line_belongs_to_the_reply_or_is_dropped_as_stray) {
    ReplyParser parser;
    auto replies = all(parser, "230-hello\r\n230 in\r\nHave fun\r\n");
    ASSERT_EQ(replies.size(), 1u);
    EXPECT_EQ(replies[0].lines.back(), "Have fun");
    replies = all(parser, "some noise\r\n\r\n200 ok\r\n");
    ASSERT_EQ(replies.size(), 1u);
    EXPECT_EQ(replies[0].code, 200);
    EXPECT_EQ(parser.stray_lines(), 1u);
}

TEST(FtpReply, line_ends_of_lf_alone) {
    ReplyParser parser;
    EXPECT_EQ(all(parser, "220-a\n220 b\n").at(0).lines.size(), 2u);
}

TEST(FtpReply, line_ends_of_cr_alone_are_learned_from_silence) {
    ReplyParser parser;
    parser.feed("220-a\r220 b\r");
    EXPECT_FALSE(parser.take().has_value());
    EXPECT_TRUE(parser.may_be_complete());
    EXPECT_EQ(parser.take_after_silence()->lines.size(), 2u);
    EXPECT_EQ(all(parser, "331 password\r").at(0).code, 331);
}

TEST(FtpReply, a_cr_inside_a_line_is_text_for_a_server_that_uses_lf) {
    ReplyParser parser;
    all(parser, "220 hi\r\n");
    const auto replies = all(parser, "250 removed \"a\r226 b\"\r\n");
    ASSERT_EQ(replies.size(), 1u);
    EXPECT_EQ(replies[0].text(), "removed \"a\r226 b\"");
}

TEST(FtpReply, telnet_commands_are_removed_wherever_they_are_cut) {
    const std::string bytes =
        "22\xff\xfb\x01"
        "0 \xff\xf1"
        "a\xff\xff"
        "b\xff\xfa\x18\x01zzz\xff\xf0 c\r\n";
    ReplyParser parser;
    for (const char c : bytes)
        parser.feed({&c, 1});
    const auto reply = parser.take();
    ASSERT_TRUE(reply.has_value());
    EXPECT_EQ(reply->raw(),
              "220 a\xff"
              "b c");
}

TEST(FtpReply, a_single_0xff_of_a_latin_1_name_is_kept) {
    ReplyParser parser;
    EXPECT_EQ(all(parser,
                  "250 \xff"
                  "ber\r\n")
                  .at(0)
                  .text(),
              "\xff"
              "ber");
}

TEST(FtpReply, limits_end_the_session_with_a_protocol_error) {
    const auto fails = [](ReplyParser::Limits limits, const std::string& bytes) {
        ReplyParser parser(limits);
        try {
            parser.feed(bytes);
        } catch (const Error& error) {
            return error.code == ErrorCode::protocol_error && !error.session_usable;
        }
        return false;
    };
    EXPECT_TRUE(fails({100, 10'000, 100}, "220 " + std::string(100, 'x')));
    EXPECT_TRUE(fails({100, 10'000, 100}, "220 " + std::string(100, 'x') + "\r\n"));
    std::string many = "220-\r\n";
    for (int i = 0; i < 100; ++i)
        many += "a\r\n";
    EXPECT_TRUE(fails({100, 10'000, 100}, many));
    EXPECT_TRUE(fails({100, 200, 1000}, many));
    EXPECT_FALSE(fails({100, 10'000, 1000}, many));
}

TEST(FtpReply, bytes_behind_a_reply_are_visible_as_not_empty) {
    ReplyParser parser;
    parser.feed("234 go\r\n220 inj");
    EXPECT_EQ(parser.take()->code, 234);
    EXPECT_FALSE(parser.empty());
}

}  // namespace
}  // namespace fairlead::ftp

// Servers and networks that bend the rules of data connections.
#include "fault/fault.hpp"
#include "support/temporary_folder.hpp"

namespace fairlead::test {
namespace {

using testing::AnyOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

std::string pasv_reply(const char* host, std::uint16_t port) {
    return "227 Entering Passive Mode (" + std::string(host) + "," + std::to_string(port >> 8) + "," +
           std::to_string(port & 255) + ")";
}

TEST(Landmine26, the_control_peer_is_used_whatever_address_pasv_names) {
    for (const auto* host : {"0,0,0,0", "10,1,2,3", "192,168,77,1", "8,8,8,8"}) {
        ScriptedFtp server;
        server.file("/a", "hello").on("EPSV", "502 no");
        server.on("PASV", [host](FtpConversation& with, const std::string&) {
            with.passive = std::make_unique<PeerListener>();
            with.reply(pasv_reply(host, with.passive->port()));
        });
        Session session(server.endpoint());
        EXPECT_EQ(session.read("/a"), "hello") << host;
    }
}

TEST(Landmine26, every_shape_of_a_pasv_reply_is_understood) {
    for (const auto* shape :
         {"227 Entering Passive Mode (127,0,0,1,%)", "227 Entering Passive Mode 127,0,0,1,%",
          "227 =127,0,0,1,%", "227 Passive: 127, 0, 0, 1, % ok."}) {
        ScriptedFtp server;
        server.file("/a", "hello").on("EPSV", "502 no");
        server.on("PASV", [shape](FtpConversation& with, const std::string&) {
            with.passive = std::make_unique<PeerListener>();
            const auto port = with.passive->port();
            std::string text(shape);
            text.replace(text.find('%'), 1, std::to_string(port >> 8) + "," + std::to_string(port & 255));
            with.reply(text);
        });
        Session session(server.endpoint());
        EXPECT_EQ(session.read("/a"), "hello") << shape;
    }
}

TEST(Landmine28, an_epsv_whose_port_is_dead_falls_back_to_pasv_once_and_remembers) {
    ScriptedFtp server;
    server.file("/a", "hello");
    server.on("EPSV", [](FtpConversation& with, const std::string&) {
        with.reply("229 Entering Extended Passive Mode (|||" + std::to_string(refused_port()) + "|)");
    });
    Session session(server.endpoint());
    EXPECT_EQ(session.read("/a"), "hello");
    EXPECT_EQ(session.read("/a"), "hello");
    EXPECT_LE(server.count("EPSV"), 2u);
    EXPECT_GE(server.count("PASV"), 2u);
}

TEST(Landmine29, a_refused_epsv_falls_back_to_pasv_and_is_not_asked_again) {
    for (const auto* refusal : {"500 what?", "501 no", "502 not implemented", "522 no such network"}) {
        ScriptedFtp server;
        server.file("/a", "hello").on("EPSV", refusal);
        Session session(server.endpoint());
        EXPECT_EQ(session.read("/a"), "hello") << refusal;
        EXPECT_EQ(session.read("/a"), "hello") << refusal;
        EXPECT_EQ(server.count("EPSV"), 1u) << refusal;
    }
}

TEST(Landmine31, active_mode_transfers_both_ways) {
    ScriptedFtp server;
    server.file("/a", "hello");
    auto endpoint = server.endpoint();
    endpoint.ftp.active = true;
    Session session(endpoint);
    EXPECT_EQ(session.read("/a"), "hello");
    session.write("/b", "there");
    EXPECT_EQ(server.content("/b"), "there");
    EXPECT_THAT(session.names("/"), ElementsAre("a", "b"));
    EXPECT_EQ(server.count("EPSV") + server.count("PASV"), 0u);
}

TEST(Landmine31, active_mode_falls_back_from_eprt_to_port) {
    ScriptedFtp server;
    server.file("/a", "hello").on("EPRT", "502 no");
    auto endpoint = server.endpoint();
    endpoint.ftp.active = true;
    Session session(endpoint);
    EXPECT_EQ(session.read("/a"), "hello");
    EXPECT_GE(server.count("PORT"), 1u);
}

TEST(Landmine31, active_mode_announces_the_wished_address_and_a_port_of_the_range) {
    ScriptedFtp server;
    server.file("/a", "hello");
    std::string announced;
    server.on("EPRT", [&](FtpConversation& with, const std::string& argument) {
        announced = argument;
        with.behave("EPRT", argument);
    });
    auto endpoint = server.endpoint();
    endpoint.ftp.active = true;
    endpoint.ftp.active_address = "192.0.2.7";
    endpoint.ftp.active_ports = {20100, 20400};
    Session session(endpoint);
    EXPECT_EQ(session.read("/a"), "hello");
    EXPECT_THAT(announced, StartsWith("|1|192.0.2.7|"));
    const auto port = std::stoi(announced.substr(announced.rfind('|', announced.size() - 2) + 1));
    EXPECT_GE(port, 20100);
    EXPECT_LE(port, 20400);
}

TEST(Landmine32, a_data_connection_that_is_refused_once_is_asked_for_again) {
    ScriptedFtp server;
    server.file("/a", "hello").on("EPSV", "502 no");
    int asked = 0;
    server.on("PASV", [&](FtpConversation& with, const std::string& argument) {
        if (asked++ == 0)
            with.reply(pasv_reply("127,0,0,1", refused_port()));
        else
            with.behave("PASV", argument);
    });
    Session session(server.endpoint());
    EXPECT_EQ(session.read("/a"), "hello");
    EXPECT_EQ(asked, 2);
}

TEST(Landmine34, a_226_before_the_last_bytes_does_not_cut_the_file) {
    const auto content = noise(3'000'000);
    ScriptedFtp server;
    server.file("/a", content);
    server.on("RETR", [&](FtpConversation& with, const std::string&) {
        with.reply("150 here it comes");
        auto data = with.open_data();
        data.write(std::string_view(content).substr(0, 1000));
        with.reply("226 done already");
        data.write(std::string_view(content).substr(1000));
        data.close();
    });
    Session session(server.endpoint());
    EXPECT_TRUE(session.read("/a") == content);
    EXPECT_TRUE(session.read("/a") == content);
}

TEST(Landmine34, all_replies_at_once_and_no_150_at_all_are_both_fine) {
    ScriptedFtp server;
    server.file("/a", "hello");
    server.on("RETR", [turn = 0](FtpConversation& with, const std::string&) mutable {
        auto data = with.open_data();
        data.write("hello");
        data.close();
        if (turn++ == 0)
            with.control.write("150 here it comes\r\n226 done\r\n");
        else
            with.reply("226 done");
    });
    Session session(server.endpoint());
    EXPECT_EQ(session.read("/a"), "hello");
    EXPECT_EQ(session.read("/a"), "hello");
    session.ping();
}

TEST(Landmine38, any_2xx_after_the_data_is_success) {
    for (const auto* last : {"226 done", "250 done", "200 ok", "213 fine"}) {
        ScriptedFtp server;
        server.on("RETR", [last](FtpConversation& with, const std::string&) {
            with.reply("125 here it comes");
            auto data = with.open_data();
            data.write("hello");
            data.close();
            with.reply(last);
        });
        server.file("/a", "hello");
        Session session(server.endpoint());
        EXPECT_EQ(session.read("/a"), "hello") << last;
        session.ping();
    }
}

TEST(Landmine38, a_refusal_after_the_data_is_an_error_and_not_a_short_file) {
    for (const auto& [last, code] :
         {std::pair("426 Connection closed; transfer aborted.", "connection_lost"),
          std::pair("451 Local error in processing.", "incomplete"), std::pair("550 no", "not_found")}) {
        ScriptedFtp server;
        server.file("/a", noise(100'000));
        server.on("RETR", [last = last](FtpConversation& with, const std::string&) {
            with.reply("150 here it comes");
            auto data = with.open_data();
            data.write("only the beginning");
            data.close();
            with.reply(last);
        });
        Session session(server.endpoint());
        const auto outcome = outcome_of([&] { session.read("/a"); });
        EXPECT_NE(outcome.code, "no error") << last;
        EXPECT_TRUE(outcome.error.has_value() && outcome.error->server_reply.find(last) != std::string::npos)
            << outcome;
        EXPECT_EQ(outcome_of([&] { session.ping(); }).code, "no error")
            << "426 and the like leave the session alive";
    }
}

TEST(Landmine40, empty_files_go_both_ways_and_leave_a_file) {
    for (const auto tls : {ScriptedFtp::Tls::none, ScriptedFtp::Tls::explicit_}) {
        ScriptedFtp server(tls);
        server.file("/empty", "");
        Session session(server.endpoint());
        EXPECT_EQ(session.read("/empty"), "");
        session.write("/new", "");
        EXPECT_EQ(server.content("/new"), "");
        session.ping();
    }
}

TEST(Landmine44, a_server_that_ignores_rest_does_not_corrupt_the_file) {
    const auto content = noise(10'000);
    ScriptedFtp server;
    server.file("/a", content);
    server.on("REST", "350 yes, yes");  // and forgets it
    Session session(server.endpoint());
    const auto outcome = outcome_of([&] { session.read("/a", {.offset = 4'000, .expected_size = 10'000}); });
    EXPECT_EQ(outcome.code, "incomplete") << outcome;
}

TEST(Landmine44, a_refused_rest_is_unsupported_and_the_session_goes_on) {
    ScriptedFtp server;
    server.file("/a", "hello").on("REST", "502 no");
    Session session(server.endpoint());
    EXPECT_EQ(outcome_of([&] { session.read("/a", {.offset = 2}); }).code, "unsupported");
    EXPECT_EQ(session.read("/a"), "hello");
}

TEST(Landmine46, a_refused_appe_is_unsupported_and_the_session_goes_on) {
    ScriptedFtp server;
    server.file("/a", "hello").on("APPE", "502 no");
    Session session(server.endpoint());
    EXPECT_EQ(outcome_of([&] { session.write("/a", "x", {.mode = WriteOptions::Mode::append}); }).code,
              "unsupported");
    EXPECT_EQ(server.content("/a"), "hello");
    session.write("/b", "fine");
    EXPECT_EQ(server.content("/b"), "fine");
}

TEST(Landmine47, an_offset_that_a_buggy_server_keeps_never_reaches_the_next_file) {
    ScriptedFtp server;
    server.file("/a", "0123456789").file("/b", "abcdefghij");
    // A refused transfer does not use the offset up.
    server.on("RETR", [](FtpConversation& with, const std::string& path) {
        if (path.ends_with("locked"))
            with.reply("550 no such file");  // restart stays as it was
        else
            with.behave("RETR", path);
    });
    Session session(server.endpoint());
    EXPECT_EQ(outcome_of([&] { session.read("/locked", {.offset = 5}); }).code, "not_found");
    EXPECT_EQ(session.read("/b"), "abcdefghij");
    EXPECT_EQ(outcome_of([&] { session.read("/locked", {.offset = 5}); }).code, "not_found");
    session.write("/c", "whole");
    EXPECT_EQ(server.content("/c"), "whole");
}

TEST(DataConnection, one_that_nobody_else_may_take_in_active_mode) {
    ScriptedFtp server;
    server.file("/a", "hello");
    // The server names the failure itself: 425 belongs to the data connection.
    server.on("RETR", "425 Can't build data connection: no way");
    Session session(server.endpoint());
    const auto outcome = outcome_of([&] { session.read("/a"); });
    EXPECT_EQ(outcome.code, "data_connection_failed") << outcome;
    EXPECT_TRUE(outcome.error->retryable());
    session.ping();
}

}  // namespace
}  // namespace fairlead::test

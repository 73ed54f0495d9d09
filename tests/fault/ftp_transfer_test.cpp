// Landmines of the data connection: replies and bytes in every order, and every way of breaking off.

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "remote/ftp_file_system.hpp"
#include "support/run.hpp"
#include "support/scripted_ftp.hpp"

namespace fairlead {
namespace {

using namespace std::chrono_literals;
using test::FtpConversation;
using test::Loop;
using test::PeerListener;
using test::ScriptedFtp;

Error error_of(const std::function<void()>& action) {
    try {
        action();
    } catch (const Error& error) {
        return error;
    }
    ADD_FAILURE() << "nothing was thrown";
    return Error(ErrorCode::internal, "");
}

awaitable<std::string> read_all(FileSystem& files, std::string path, ReadOptions options = {}) {
    auto stream = co_await files.open_read(path, options);
    std::string content;
    for (;;) {
        const auto piece = co_await stream->read();
        if (piece.empty()) co_return content;
        content.append(reinterpret_cast<const char*>(piece.data()), piece.size());
    }
}

awaitable<void> write_all(FileSystem& files, std::string path, std::string content) {
    auto stream = co_await files.open_write(path);
    co_await stream->write(std::as_bytes(std::span(content)));
    co_await stream->finish();
}

using Script = std::function<void(FtpConversation&)>;

/// What reading "/file" gives when the server does this to RETR.
struct Reading {
    explicit Reading(Script script, ScriptedFtp::Tls tls = ScriptedFtp::Tls::none) : server(tls) {
        server.file("/file", "content");
        server.on("RETR",
                  [script = std::move(script)](FtpConversation& with, const std::string&) { script(with); });
        endpoint = server.endpoint();
    }
    std::string content(ReadOptions options = {}) {
        files = loop.run(open_ftp(endpoint));
        return loop.run(read_all(*files, "/file", options));
    }
    ScriptedFtp server;
    Endpoint endpoint;
    Loop loop;
    std::unique_ptr<FileSystem> files;
};

TEST(FtpTransfer, reads_to_the_datas_end_when_226_comes_first) {
    Reading reading([](FtpConversation& with) {
        with.reply("150 here it comes");
        auto data = with.open_data();
        with.reply("226 done");
        data.write("all of it");
        data.close();
    });
    EXPECT_EQ(reading.content(), "all of it");
    reading.loop.run(reading.files->ping());
}

TEST(FtpTransfer, works_without_a_preliminary_reply) {
    Reading reading([](FtpConversation& with) {
        auto data = with.open_data();
        data.write("all of it");
        data.close();
        with.reply("226 done");
    });
    EXPECT_EQ(reading.content(), "all of it");
    reading.loop.run(reading.files->ping());
}

TEST(FtpTransfer, takes_any_2xx_for_the_end_and_bears_a_second_preliminary_reply) {
    Reading reading([](FtpConversation& with) {
        with.reply("125 already open");
        with.reply("150 here it comes");
        auto data = with.open_data();
        data.write("all of it");
        data.close();
        with.reply("250 fine");
    });
    EXPECT_EQ(reading.content(), "all of it");
    reading.loop.run(reading.files->ping());
}

TEST(FtpTransfer, is_incomplete_and_ends_the_session_when_226_never_comes) {
    Reading reading([](FtpConversation& with) {
        with.reply("150 here it comes");
        with.open_data().close();
        with.control.wait_for_close();
        with.hang_up();
    });
    reading.endpoint.timeouts.command = 300ms;
    const auto error = error_of([&] { reading.content(); });
    EXPECT_EQ(error.code, ErrorCode::incomplete);
    EXPECT_FALSE(error.session_usable);
}

TEST(FtpTransfer, is_not_a_success_when_the_server_says_426_after_the_data) {
    Reading reading([](FtpConversation& with) {
        with.reply("150 here it comes");
        auto data = with.open_data();
        data.write("half of");
        data.close();
        with.reply("426 broken");
    });
    const auto error = error_of([&] { reading.content(); });
    EXPECT_TRUE(error.retryable());
    reading.loop.run(reading.files->ping());
}

TEST(FtpTransfer, gives_the_servers_reason_when_the_data_connection_is_reset) {
    Reading reading([](FtpConversation& with) {
        with.reply("150 here it comes");
        auto data = with.open_data();
        data.write("half of");
        data.reset();
        with.reply("451 disk trouble");
    });
    const auto error = error_of([&] { reading.content(); });
    EXPECT_NE(error.server_reply.find("disk trouble"), std::string::npos);
    EXPECT_TRUE(error.session_usable);
    reading.loop.run(reading.files->ping());
}

TEST(FtpTransfer, that_stalls_ends_by_the_idle_time_out) {
    Reading reading([](FtpConversation& with) {
        with.reply("150 here it comes");
        auto data = with.open_data();
        data.write("half of");
        data.wait_for_close();
        with.reply("426 you left");
    });
    reading.endpoint.timeouts.idle = 200ms;
    EXPECT_EQ(error_of([&] { reading.content(); }).code, ErrorCode::timeout);
    reading.loop.run(reading.files->ping());
}

TEST(FtpTransfer, leaves_the_session_usable_when_reading_stops_early) {
    Reading reading([](FtpConversation& with) {
        with.reply("150 here it comes");
        auto data = with.open_data();
        data.write("first piece");
        data.wait_for_close();
        with.reply("426 you left");
    });
    reading.files = reading.loop.run(open_ftp(reading.endpoint));
    auto stream = reading.loop.run(reading.files->open_read("/file"));
    reading.loop.run(stream->read());
    reading.loop.run(stream->close());
    reading.loop.run(reading.files->ping());
    EXPECT_EQ(reading.loop.run(reading.files->stat("/file")).size, 7U);
}

TEST(FtpTransfer, collects_the_reply_of_a_stream_that_was_simply_dropped) {
    Reading reading([](FtpConversation& with) {
        with.reply("150 here it comes");
        auto data = with.open_data();
        data.write("first piece");
        data.wait_for_close();
        with.reply("426 you left");
    });
    reading.files = reading.loop.run(open_ftp(reading.endpoint));
    reading.loop.run(reading.files->open_read("/file")).reset();
    EXPECT_EQ(reading.loop.run(reading.files->stat("/file")).size, 7U);
}

TEST(FtpTransfer, is_back_in_step_with_a_server_that_never_ends_a_dropped_transfer) {
    Reading reading([](FtpConversation& with) {
        with.reply("150 here it comes");
        auto data = with.open_data();
        data.write("first piece");
        data.wait_for_close();
        with.reply("150 0.1 seconds measured here");  // as Pure-FTPd does, and nothing more
    });
    reading.files = reading.loop.run(open_ftp(reading.endpoint));
    auto stream = reading.loop.run(reading.files->open_read("/file"));
    reading.loop.run(stream->read());
    reading.loop.run(stream->close());
    EXPECT_EQ(reading.loop.run(reading.files->stat("/file")).size, 7U);
}

TEST(FtpTransfer, retries_once_on_a_fresh_port) {
    Reading reading([](FtpConversation& with) { with.behave("RETR", "/file"); });
    int asked = 0;
    reading.server.on("EPSV", [&](FtpConversation& with, const std::string&) {
        if (++asked == 1) return with.reply("229 ok (|||" + std::to_string(test::refused_port()) + "|)");
        with.behave("EPSV", "");
    });
    EXPECT_EQ(reading.content(), "content");
    EXPECT_EQ(asked, 2);
}

TEST(FtpTransfer, does_not_follow_PASV_to_another_host) {
    Reading reading([](FtpConversation& with) { with.behave("RETR", "/file"); });
    reading.server.on("EPSV", "502 no");
    reading.server.on("PASV", [&](FtpConversation& with, const std::string&) {
        with.passive = std::make_unique<PeerListener>();
        const auto port = with.passive->port();
        with.reply("227 Entering Passive Mode (192,0,2,7," + std::to_string(port >> 8) + "," +
                   std::to_string(port & 255) + ")");
    });
    EXPECT_EQ(reading.content(), "content");
}

TEST(FtpTransfer, in_active_mode_lets_the_server_connect) {
    Reading reading([](FtpConversation& with) { with.behave("RETR", "/file"); });
    reading.endpoint.ftp.active = true;
    EXPECT_EQ(reading.content(), "content");
    EXPECT_EQ(reading.server.count("EPRT"), 1U);
    EXPECT_EQ(reading.server.count("EPSV"), 0U);
}

TEST(FtpTransfer, resumes_the_control_sessions_TLS_on_every_data_connection) {
    for (const int version : {12, 13}) {
        ScriptedFtp server(ScriptedFtp::Tls::explicit_, "server", version);
        server.file("/file", "content");
        Loop loop;
        auto files = loop.run(open_ftp(server.endpoint()));
        for (int i = 0; i < 3; ++i)
            EXPECT_EQ(loop.run(read_all(*files, "/file")), "content");
        loop.run(write_all(*files, "/up", "upload"));
        EXPECT_EQ(server.content("/up"), "upload");
        EXPECT_EQ(server.resumed_data_connections(), 4U) << version;
    }
}

TEST(FtpTransfer, under_TLS_without_close_notify_is_judged_by_its_size) {
    const Script cut = [](FtpConversation& with) {
        with.reply("150 here it comes");
        auto data = with.open_data();
        data.write("conte");
        data.close_without_notify();
        with.reply("226 done");
    };
    Reading truncated(cut, ScriptedFtp::Tls::explicit_);
    EXPECT_EQ(error_of([&] { truncated.content({.expected_size = 7}); }).code, ErrorCode::incomplete);
    Reading asking(cut, ScriptedFtp::Tls::explicit_);  // SIZE says 7
    EXPECT_EQ(error_of([&] { asking.content(); }).code, ErrorCode::incomplete);
    Reading whole(cut, ScriptedFtp::Tls::explicit_);
    EXPECT_EQ(whole.content({.expected_size = 5}), "conte");
    Reading strict(cut, ScriptedFtp::Tls::explicit_);
    strict.endpoint.tls.require_close_notify = true;
    EXPECT_EQ(error_of([&] { strict.content({.expected_size = 5}); }).code, ErrorCode::incomplete);
}

TEST(FtpTransfer, ends_an_upload_with_close_notify_and_stores_an_empty_file_under_TLS) {
    ScriptedFtp server(ScriptedFtp::Tls::implicit);
    std::atomic<bool> notified = false;
    server.on("STOR", [&](FtpConversation& with, const std::string&) {
        with.reply("150 send it");
        auto data = with.open_data();
        data.read_all();
        notified = data.got_close_notify();
        data.close();
        with.reply("226 stored");
    });
    Loop loop;
    auto files = loop.run(open_ftp(server.endpoint()));
    loop.run(write_all(*files, "/empty", ""));
    EXPECT_TRUE(notified);
}

TEST(FtpTransfer, reports_a_full_disk_in_mid_upload) {
    ScriptedFtp server;
    server.on("STOR", [](FtpConversation& with, const std::string&) {
        with.reply("150 send it");
        auto data = with.open_data();
        data.read_some();
        data.close();
        with.reply("452 no space left");
    });
    Loop loop;
    auto files = loop.run(open_ftp(server.endpoint()));
    const auto error = error_of([&] { loop.run(write_all(*files, "/big", std::string(32 << 20, 'x'))); });
    EXPECT_EQ(error.code, ErrorCode::no_space);
    loop.run(files->ping());
}

TEST(FtpTransfer, notices_that_REST_was_ignored) {
    Reading reading([](FtpConversation& with) {
        with.restart = 0;
        with.behave("RETR", "/file");
    });
    const auto error = error_of([&] { reading.content({.offset = 3, .expected_size = 7}); });
    EXPECT_EQ(error.code, ErrorCode::incomplete);
}

TEST(FtpTransfer, a_position_that_the_server_keeps_does_not_reach_the_next_transfer) {
    std::uint64_t kept = 0;
    Reading reading([&](FtpConversation& with) {
        with.reply("150 here it comes");
        auto data = with.open_data();
        data.write(std::string("content").substr(kept));
        data.close();
        with.reply("226 done");
    });
    reading.server.on("REST", [&](FtpConversation& with, const std::string& argument) {
        kept = std::stoul(argument);
        with.reply("350 restarting there, from now on");
    });
    EXPECT_EQ(reading.content({.offset = 4, .expected_size = 7}), "ent");
    EXPECT_EQ(reading.loop.run(read_all(*reading.files, "/file")), "content");
}

TEST(FtpTransfer, sends_nothing_but_EPSV_and_RETR_for_each_further_file) {
    Reading reading([](FtpConversation& with) { with.behave("RETR", "/file"); });
    reading.content({.expected_size = 7});
    const auto before = reading.server.commands().size();
    EXPECT_EQ(reading.loop.run(read_all(*reading.files, "/file", {.expected_size = 7})), "content");
    const auto all = reading.server.commands();
    EXPECT_EQ(std::vector<std::string>(all.begin() + static_cast<std::ptrdiff_t>(before), all.end()),
              (std::vector<std::string>{"EPSV", "RETR /file"}));
}

}  // namespace
}  // namespace fairlead

// Landmines of the control channel and of FTPS, each as the few replies that explode.

#include <gtest/gtest.h>

#include <functional>
#include <future>
#include <string>

#include "fairlead/observer.hpp"
#include "remote/ftp_file_system.hpp"
#include "support/run.hpp"
#include "support/scripted_ftp.hpp"

namespace fairlead {
namespace {

using namespace std::chrono_literals;
using test::FtpConversation;
using test::Loop;
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

TEST(FtpSession, never_sends_a_name_in_clear_when_AUTH_TLS_is_refused) {
    ScriptedFtp server(ScriptedFtp::Tls::explicit_);
    server.on("AUTH", "502 not here");
    Loop loop;
    EXPECT_EQ(error_of([&] { loop.run(open_ftp(server.endpoint())); }).code, ErrorCode::tls_failed);
    EXPECT_EQ(server.count("USER"), 0U);
}

TEST(FtpSession, refuses_bytes_in_clear_behind_the_answer_to_AUTH_TLS) {
    ScriptedFtp server(ScriptedFtp::Tls::explicit_);
    server.on("AUTH", {"234 go on", "230 you are root already"});
    Loop loop;
    EXPECT_EQ(error_of([&] { loop.run(open_ftp(server.endpoint())); }).code, ErrorCode::tls_failed);
    EXPECT_EQ(server.count("USER"), 0U);
}

TEST(FtpSession, waits_for_a_server_that_asks_for_patience_and_takes_a_greeting_of_many_lines) {
    ScriptedFtp server;
    server.on("GREETING", {"120 ready in a minute", "220-1999 was a year", "220-  226 inside", "220 ready"});
    Loop loop;
    auto files = loop.run(open_ftp(server.endpoint()));
    loop.run(files->ping());
}

TEST(FtpSession, takes_a_refusing_greeting_for_a_busy_server) {
    ScriptedFtp server;
    server.on("GREETING", "421 too many users");
    Loop loop;
    const auto error = error_of([&] { loop.run(open_ftp(server.endpoint())); });
    EXPECT_EQ(error.code, ErrorCode::server_busy);
    EXPECT_TRUE(error.retryable());
}

TEST(FtpSession, sends_a_wrong_password_once_only) {
    ScriptedFtp server;
    server.on("PASS", "530 Login incorrect.");
    Loop loop;
    const auto error = error_of([&] { loop.run(open_ftp(server.endpoint())); });
    EXPECT_EQ(error.code, ErrorCode::authentication_failed);
    EXPECT_FALSE(error.retryable());
    EXPECT_EQ(server.count("PASS"), 1U);
}

TEST(FtpSession, recognises_an_ssh_server) {
    ScriptedFtp server;
    server.on("GREETING", "SSH-2.0-OpenSSH_9.2");
    Loop loop;
    const auto error = error_of([&] { loop.run(open_ftp(server.endpoint())); });
    EXPECT_EQ(error.code, ErrorCode::protocol_error);
    EXPECT_NE(error.hint.find("sftp"), std::string::npos);
}

TEST(FtpSession, ends_with_421_and_does_not_take_it_for_another_commands_answer) {
    ScriptedFtp server;
    server.on("NOOP", [](FtpConversation& with, const std::string&) {
        with.reply("421 idle for too long");
        with.hang_up();
    });
    Loop loop;
    auto files = loop.run(open_ftp(server.endpoint()));
    const auto error = error_of([&] { loop.run(files->ping()); });
    EXPECT_EQ(error.code, ErrorCode::connection_lost);
    EXPECT_FALSE(error.session_usable);
    EXPECT_EQ(error_of([&] { loop.run(files->stat("/")); }).code, ErrorCode::connection_lost);
}

TEST(FtpSession, says_good_bye_quickly_to_a_server_that_never_answers_QUIT) {
    ScriptedFtp server;
    server.silent_on("QUIT");
    Loop loop;
    auto files = loop.run(open_ftp(server.endpoint()));
    loop.run(files->close(), 5s);
    EXPECT_EQ(server.count("QUIT"), 1U);
}

TEST(FtpSession, drops_a_reply_that_nobody_asked_for) {
    ScriptedFtp server;
    std::promise<void> sent;
    server.file("/a", "content").on("NOOP", [&](FtpConversation& with, const std::string&) {
        with.reply("200 here");
        with.reply("226 and this is of yesterday");
        sent.set_value();
    });
    Loop loop;
    auto files = loop.run(open_ftp(server.endpoint()));
    loop.run(files->ping());
    sent.get_future().wait();  // it may have come with the reply or after it, but before the next command
    EXPECT_EQ(loop.run(read_all(*files, "/a")), "content");
}

TEST(FtpSession, never_lets_a_path_become_a_second_command) {
    ScriptedFtp server;
    server.file("/victim", "x");
    Loop loop;
    auto files = loop.run(open_ftp(server.endpoint()));
    const std::string evil = "/a\r\nDELE /victim";
    EXPECT_EQ(error_of([&] { loop.run(files->stat(evil)); }).code, ErrorCode::invalid_argument);
    EXPECT_EQ(error_of([&] { loop.run(files->remove(evil)); }).code, ErrorCode::invalid_argument);
    EXPECT_EQ(error_of([&] { loop.run(files->rename("/victim", evil, true)); }).code,
              ErrorCode::invalid_argument);
    EXPECT_EQ(error_of([&] { loop.run(files->make_directory(evil)); }).code, ErrorCode::invalid_argument);
    EXPECT_EQ(error_of([&] { loop.run(files->raw_command("NOOP\r\nDELE /victim")); }).code,
              ErrorCode::invalid_argument);
    loop.run(files->ping());
    EXPECT_EQ(server.count("DELE"), 0U);
}

TEST(FtpSession, keeps_the_password_out_of_the_trace) {
    struct Trace : Observer {
        void sent(std::string_view line) override { text.append(line).append("\n"); }
        std::string text;
    } trace;
    ScriptedFtp server;
    Loop loop;
    auto files = loop.run(open_ftp(server.endpoint(), {.observer = &trace}));
    EXPECT_NE(trace.text.find("PASS ****"), std::string::npos);
    EXPECT_EQ(trace.text.find("open sesame"), std::string::npos);
}

TEST(FtpSession, works_stepwise_where_the_log_in_directory_is_no_path) {
    ScriptedFtp server;
    server.folder("/HOME").folder("/HOME/in").file("/HOME/in/a.txt", "stepwise");
    server.on("PWD", [](FtpConversation& with, const std::string&) {
        with.directory = "/HOME";
        with.reply("257 \"'HOME.'\" is your prefix");
    });
    server.on("CWD", [](FtpConversation& with, const std::string& argument) {
        if (argument != "'HOME.'") return with.behave("CWD", argument);
        with.directory = "/HOME";
        with.reply("250 fine");
    });
    Loop loop;
    auto files = loop.run(open_ftp(server.endpoint()));
    EXPECT_EQ(loop.run(read_all(*files, "/in/a.txt")), "stepwise");
    EXPECT_EQ(server.commands().back(), "RETR a.txt");
    EXPECT_EQ(loop.run(files->stat("/in")).type, EntryType::directory);
}

TEST(FtpSession, falls_back_for_each_command_that_FEAT_announced_in_vain) {
    ScriptedFtp server;
    server.file("/a.txt", "12345");
    for (const auto* verb : {"MLSD", "MLST", "EPSV"})
        server.on(verb, "500 never heard of it");
    Loop loop;
    auto files = loop.run(open_ftp(server.endpoint()));
    const auto entry = loop.run(files->stat("/a.txt"));
    EXPECT_EQ(entry.size, 5U);
    auto listing = loop.run(files->list("/"));
    const auto entries = loop.run(listing->next());
    ASSERT_EQ(entries.size(), 1U);
    EXPECT_EQ(entries[0].name, "a.txt");
    loop.run(listing->next());
    EXPECT_EQ(loop.run(read_all(*files, "/a.txt")), "12345");
    EXPECT_EQ(loop.run(read_all(*files, "/a.txt")), "12345");
    EXPECT_EQ(server.count("EPSV"), 1U);  // and remembers
    EXPECT_EQ(server.count("MLST"), 1U);
}

}  // namespace
}  // namespace fairlead

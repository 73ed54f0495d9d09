// What is asked before the last word on a transfer: the next data connection, and the size of what was
// stored.

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
using test::ScriptedFtp;

constexpr auto kVsftpd = "220 (vsFTPd 3.0.3)";  // which reads commands late, so that all may be asked

awaitable<std::string> read_all(FileSystem& files, std::string path) {
    auto stream = co_await files.open_read(path, {.expected_size = 7});
    std::string content;
    for (;;) {
        const auto piece = co_await stream->read();
        if (piece.empty()) co_return content;
        content.append(reinterpret_cast<const char*>(piece.data()), piece.size());
    }
}

/// Gives what the stream knows of the size there.
awaitable<std::optional<std::uint64_t>> write_all(FileSystem& files, std::string path, std::string content,
                                                  std::optional<std::uint64_t> announced = {}) {
    WriteOptions options;
    options.expected_size = announced;
    auto stream = co_await files.open_write(path, options);
    co_await stream->write(std::as_bytes(std::span(content)));
    co_await stream->finish();
    co_return stream->confirmed_size();
}

class FtpAhead : public testing::Test {
  protected:
    void open(const char* greeting) {
        server.file("/file", "content");
        server.on("GREETING", greeting);
        files = loop.run(open_ftp(server.endpoint()));
    }
    std::string read() { return loop.run(read_all(*files, "/file")); }
    std::optional<std::uint64_t> write(std::string content) {
        return loop.run(write_all(*files, "/written", std::move(content)));
    }
    Error failure_of(const std::function<void()>& action) {
        try {
            action();
        } catch (const Error& error) {
            return error;
        }
        ADD_FAILURE() << "nothing was thrown";
        return Error(ErrorCode::internal, "");
    }

    ScriptedFtp server;
    Loop loop;
    std::unique_ptr<FileSystem> files;
};

TEST_F(FtpAhead, one_transfer_alone_asks_for_no_further_data_connection) {
    open(kVsftpd);
    EXPECT_EQ(read(), "content");
    loop.run(files->ping());
    EXPECT_EQ(server.count("EPSV"), 1u);
}

TEST_F(FtpAhead, transfers_in_a_row_take_the_data_connection_that_was_asked_for_before) {
    open(kVsftpd);
    for (int i = 0; i < 5; ++i)
        EXPECT_EQ(read(), "content");
    loop.run(files->ping());              // collects what is still to come
    EXPECT_EQ(server.count("EPSV"), 6u);  // one is left over
    EXPECT_EQ(server.connections(), 1u);
}

TEST_F(FtpAhead, every_other_operation_may_come_between) {
    open(kVsftpd);
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(read(), "content");
        EXPECT_EQ(loop.run(files->stat("/file")).size, 7u);
        write("text");
        loop.run(files->rename("/written", "/renamed", true));
        const auto listing = loop.run(files->list("/"));
        EXPECT_FALSE(loop.run(listing->next()).empty());
        EXPECT_TRUE(loop.run(listing->next()).empty());
    }
    EXPECT_EQ(server.content("/renamed"), "text");
}

TEST_F(FtpAhead, a_refusal_is_remembered_and_the_transfers_go_on_in_step) {  // field.md 13
    int transfers = 0;
    server.on("RETR", [&](FtpConversation& with, const std::string& argument) {
        ++transfers;
        with.behave("RETR", argument);
    });
    int refused = 0;
    server.on("EPSV", [&](FtpConversation& with, const std::string&) {
        if (transfers == 2 && refused == 0) {
            ++refused;
            with.reply("450 data transfer in progress");
        } else {
            with.behave("EPSV", "");
        }
    });
    open(kVsftpd);
    for (int i = 0; i < 5; ++i)
        EXPECT_EQ(read(), "content");
    loop.run(files->ping());
    EXPECT_EQ(refused, 1);
    EXPECT_EQ(server.count("EPSV"), 6u);  // one for each transfer, and the refused one
    EXPECT_EQ(server.connections(), 1u);
}

TEST_F(FtpAhead, a_port_that_is_closed_by_then_is_asked_for_again) {
    server.on("EPSV", [](FtpConversation& with, const std::string&) { with.behave("EPSV", ""); });
    server.on("NOOP", [](FtpConversation& with, const std::string&) {
        with.passive.reset();
        with.reply("200 and the port is closed");
    });
    open(kVsftpd);
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(read(), "content");
        loop.run(files->ping());
    }
    EXPECT_EQ(server.connections(), 1u);
}

TEST_F(FtpAhead, a_server_that_is_not_known_for_it_is_never_asked_ahead) {
    open("220 ready");
    for (int i = 0; i < 3; ++i)
        EXPECT_EQ(read(), "content");
    loop.run(files->ping());
    EXPECT_EQ(server.count("EPSV"), 3u);
}

TEST_F(FtpAhead, the_answer_to_the_next_question_is_not_taken_for_the_last_word_on_a_transfer) {
    server.on("RETR", [&](FtpConversation& with, const std::string&) {
        with.reply("150 here it comes");
        auto data = with.open_data();
        data.write("content");
        data.close();
        if (server.count("RETR") < 3) with.reply("226 done");  // and nothing the third time
    });
    open(kVsftpd);
    EXPECT_EQ(read(), "content");
    EXPECT_EQ(read(), "content");
    const auto error = failure_of([&] { read(); });
    EXPECT_EQ(error.code, ErrorCode::incomplete);
    EXPECT_FALSE(error.session_usable);
}

TEST_F(FtpAhead, a_transfer_that_fails_at_its_end_leaves_the_session_in_step) {
    server.on("RETR", [&](FtpConversation& with, const std::string& argument) {
        if (server.count("RETR") != 3) return with.behave("RETR", argument);
        with.reply("150 here it comes");
        auto data = with.open_data();
        data.write("cont");
        data.close();
        with.reply("451 the disk broke");
    });
    open(kVsftpd);
    EXPECT_EQ(read(), "content");
    EXPECT_EQ(read(), "content");
    EXPECT_TRUE(failure_of([&] { read(); }).session_usable);
    EXPECT_EQ(read(), "content");
    EXPECT_EQ(loop.run(files->stat("/file")).size, 7u);
    EXPECT_EQ(server.connections(), 1u);
}

TEST_F(FtpAhead, a_server_that_leaves_after_its_last_word_has_still_said_it) {
    server.on("RETR", [&](FtpConversation& with, const std::string& argument) {
        with.behave("RETR", argument);
        if (server.count("RETR") == 2) with.hang_up();
    });
    open(kVsftpd);
    EXPECT_EQ(read(), "content");
    EXPECT_EQ(read(), "content");
    EXPECT_EQ(failure_of([&] { read(); }).code, ErrorCode::connection_lost);
}

TEST_F(FtpAhead, the_size_of_what_was_stored_comes_with_the_last_word) {
    server.on("SIZE", [&](FtpConversation& with, const std::string& argument) {
        if (server.count("SIZE") == 1) return with.behave("SIZE", argument);
        with.reply("550 no");
    });
    open(kVsftpd);
    EXPECT_EQ(write("12345"), 5u);
    EXPECT_EQ(write("12345"), std::nullopt);
    loop.run(files->ping());
    EXPECT_EQ(server.connections(), 1u);
}

TEST_F(FtpAhead, a_server_that_listens_during_transfers_is_not_asked_for_the_size_in_one) {
    open("220 ProFTPD Server ready.");
    EXPECT_EQ(write("12345"), std::nullopt);
    EXPECT_EQ(server.count("SIZE"), 0u);
}

TEST_F(FtpAhead, a_few_bytes_among_many_files_go_out_before_the_server_agrees) {
    server.on("STOR", [&](FtpConversation& with, const std::string& argument) {
        if (server.count("STOR") == 1) return with.behave("STOR", argument);
        auto data = with.open_data();
        const auto bytes = data.read_all();  // would wait for ever
        with.reply("150 so you have begun");
        data.close();
        with.reply(bytes == "12345" ? "226 stored" : "451 what is this");
    });
    server.on("SIZE", "213 5");
    open(kVsftpd);
    for (int i = 0; i < 3; ++i)
        EXPECT_EQ(loop.run(write_all(*files, "/written", "12345", 5)), 5u);
    EXPECT_EQ(server.connections(), 1u);
}

TEST_F(FtpAhead, a_refusal_of_bytes_that_are_under_way_is_explained_and_the_session_goes_on) {
    server.on("STOR", [&](FtpConversation& with, const std::string& argument) {
        if (server.count("STOR") != 2) return with.behave("STOR", argument);
        with.passive.reset();
        with.reply("550 failed");
    });
    open(kVsftpd);
    EXPECT_EQ(loop.run(write_all(*files, "/written", "12345", 5)), 5u);
    const auto error = failure_of([&] { loop.run(write_all(*files, "/nowhere/file", "12345", 5)); });
    EXPECT_EQ(error.code, ErrorCode::not_found);
    EXPECT_TRUE(error.session_usable);
    EXPECT_EQ(loop.run(write_all(*files, "/written", "123456", 6)), 6u);
    EXPECT_EQ(server.content("/written"), "123456");
    EXPECT_EQ(server.connections(), 1u);
}

}  // namespace
}  // namespace fairlead

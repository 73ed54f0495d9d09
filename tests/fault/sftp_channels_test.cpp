// Several SFTP conversations over one connection, and what becomes of them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/scripted_files.hpp"
#include "support/temporary_folder.hpp"

namespace fairlead::test {
namespace {

using namespace std::chrono_literals;
using namespace sftp;
using testing::AnyOf;

// More than one channel takes before others can be there.
const std::string& large() {
    static const auto content = noise(14'000'000);
    return content;
}

class SftpChannels : public testing::Test {
  protected:
    SftpChannels() {
        server.data_length = 32 * 1024;  // 64 of them in each round trip
        server.round_trip = 10ms;
    }

    Error upload_error(FileSystem& files) {
        try {
            write_all(loop, files, "/a", large());
        } catch (const Error& error) {
            return error;
        }
        ADD_FAILURE() << "nothing was thrown";
        return Error(ErrorCode::internal, "");
    }

    bool is_write_of(const ScriptedSftp& to, std::size_t number, const ScriptedFiles::Packet& packet) {
        return &to == server.conversations()[number].get() && packet.type == PacketType::write;
    }

    ScriptedFiles server;
    Loop loop;
};

TEST_F(SftpChannels, carry_a_large_upload_together_over_a_long_way) {
    const auto files = server.open(loop, 3);
    write_all(loop, *files, "/a", large());
    EXPECT_TRUE(server.files["/a"] == large());
    for (const auto& one : server.conversations())
        EXPECT_GT(one->count(PacketType::write), 0u);
    EXPECT_EQ(server.handles_open(), 0u);
    // What is there is used again, and no further one is asked for.
    write_all(loop, *files, "/b", large());
    EXPECT_TRUE(server.files["/b"] == large());
    EXPECT_EQ(server.carrier().asked, 3u);
}

TEST_F(SftpChannels, are_opened_neither_for_small_files_nor_over_a_short_way) {
    const auto files = server.open(loop, 3);
    write_all(loop, *files, "/a", noise(1'000'000));
    EXPECT_EQ(server.carrier().asked, 0u);
    server.round_trip = 0ms;
    const auto near = server.open(loop, 3);
    write_all(loop, *near, "/a", large());
    EXPECT_EQ(server.carrier().asked, 0u);
}

TEST_F(SftpChannels, go_on_where_an_upload_is_resumed) {
    const auto files = server.open(loop, 3);
    server.files["/a"] = large().substr(0, 500'000);
    write_all(loop, *files, "/a", large().substr(400'000),
              {.mode = WriteOptions::Mode::at, .offset = 400'000});
    EXPECT_TRUE(server.files["/a"] == large());
}

TEST_F(SftpChannels, fail_an_upload_with_the_first_error_and_its_offset) {
    const auto files = server.open(loop, 3);
    server.instead = [&](ScriptedSftp& to, const ScriptedFiles::Packet& packet) {
        if (!is_write_of(to, 2, packet)) return false;
        to.status(packet.id, kFailure, "No space left on device");
        return true;
    };
    const auto error = upload_error(*files);
    EXPECT_EQ(error.code, ErrorCode::no_space);
    EXPECT_NE(error.message.find("at byte"), std::string::npos) << error.message;
    server.instead = nullptr;
    loop.run(files->ping());
    EXPECT_EQ(server.handles_open(), 0u);
}

TEST_F(SftpChannels, fail_an_upload_when_one_of_them_cannot_close_the_file) {
    const auto files = server.open(loop, 3);
    server.instead = [&](ScriptedSftp& to, const ScriptedFiles::Packet& packet) {
        if (&to != server.conversations()[1].get() || packet.type != PacketType::close) return false;
        to.status(packet.id, kFailure, "Quota exceeded");
        return true;
    };
    EXPECT_EQ(upload_error(*files).code, ErrorCode::quota_exceeded);
}

TEST_F(SftpChannels, that_end_in_the_middle_of_an_upload_fail_it_and_the_session_goes_on) {
    const auto files = server.open(loop, 3);
    server.instead = [&](ScriptedSftp& to, const ScriptedFiles::Packet& packet) {
        if (!is_write_of(to, 3, packet)) return false;
        to.carrier_stands = true;
        to.end();
        return true;
    };
    const auto error = upload_error(*files);
    EXPECT_EQ(error.code, ErrorCode::connection_lost);
    EXPECT_TRUE(error.session_usable);
    server.instead = nullptr;
    write_all(loop, *files, "/b", large());
    EXPECT_TRUE(server.files["/b"] == large());
}

TEST_F(SftpChannels, Landmine98_that_are_refused_leave_the_upload_to_the_first_one) {
    const auto files = server.open(loop, 1);
    write_all(loop, *files, "/a", large());
    EXPECT_TRUE(server.files["/a"] == large());
    const auto asked = server.carrier().asked;
    EXPECT_GT(asked, 1u);
    write_all(loop, *files, "/b", large());
    EXPECT_TRUE(server.files["/b"] == large());
    EXPECT_EQ(server.carrier().asked, asked) << "a server that refused is not asked again";
}

TEST_F(SftpChannels,
       Landmine125_a_server_that_ends_its_sftp_process_gets_a_new_channel_on_the_same_connection) {
    const auto files = server.open(loop, 1);
    write_all(loop, *files, "/a", "before");
    auto& first = *server.conversations().front();
    first.carrier_stands = true;
    server.instead = [&](ScriptedSftp& to, const ScriptedFiles::Packet& packet) {
        if (&to != &first || packet.type != PacketType::read) return false;
        to.end();
        return true;
    };
    try {
        read_all(loop, *files, "/a");
        ADD_FAILURE() << "nothing was thrown";
    } catch (const Error& error) {
        EXPECT_EQ(error.code, ErrorCode::connection_lost);
        EXPECT_TRUE(error.session_usable);
        EXPECT_TRUE(error.retryable());
    }
    EXPECT_EQ(read_all(loop, *files, "/a"), "before");
    EXPECT_EQ(server.carrier().asked, 1u);
}

TEST_F(SftpChannels, Landmine125_without_the_connection_the_session_is_over) {
    const auto files = server.open(loop, 1);
    server.conversations().front()->end();
    server.carrier().stands = false;
    for (int i = 0; i < 2; ++i) {
        try {
            loop.run(files->ping());
            ADD_FAILURE() << "nothing was thrown";
        } catch (const Error& error) {
            EXPECT_EQ(error.code, ErrorCode::connection_lost);
            EXPECT_FALSE(error.session_usable);
        }
    }
    EXPECT_EQ(server.carrier().asked, 0u);
}

}  // namespace
}  // namespace fairlead::test

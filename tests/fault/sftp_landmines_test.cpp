// SFTP servers that keep to the letter of the draft, or not even to that; each test names its line of the
// list.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "remote/memory_file_system.hpp"
#include "support/scripted_files.hpp"
#include "support/temporary_folder.hpp"
#include "transfer/transfer.hpp"

namespace fairlead::test {
namespace {

using namespace std::chrono_literals;
using namespace sftp;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

class SftpLandmines : public testing::Test {
  protected:
    using Packet = ScriptedFiles::Packet;

    template <class Action>
    Error error_of(Action&& action) {
        try {
            action();
        } catch (const Error& error) {
            return error;
        }
        ADD_FAILURE() << "nothing was thrown";
        return Error(ErrorCode::internal, "");
    }

    /// Answers every packet of one type with a failure.
    void refuse(PacketType type, std::uint32_t code, std::string text) {
        server.instead = [=](ScriptedSftp& to, const Packet& packet) {
            if (packet.type != type) return false;
            to.status(packet.id, code, text);
            return true;
        };
    }

    transfer::TransferResult move(FileSystem& from, FileSystem& to, transfer::Options options = {}) {
        transfer::Job job;
        job.source = "/a";
        job.facts = loop.run(from.stat("/a"));
        job.target = "/b";
        return loop.run(transfer::transfer_file(from, to, job, options));
    }

    MemoryFileSystem& with(std::string content) {
        memory->put("/a", std::move(content));
        return local;
    }

    ScriptedFiles server;
    std::shared_ptr<MemoryStore> memory = std::make_shared<MemoryStore>();
    MemoryFileSystem local{memory};
    Loop loop;
};

TEST_F(SftpLandmines, Landmine97_a_window_that_opens_byte_by_byte_is_kept_to) {
    const auto files = server.open(loop);
    auto& script = *server.conversations().front();
    script.window = 0;
    script.window_step = 1;
    const auto content = noise(5'000);
    write_all(loop, *files, "/a", content);
    EXPECT_EQ(server.files["/a"], content);
    EXPECT_EQ(read_all(loop, *files, "/a"), content);
}

TEST_F(SftpLandmines, Landmine97_a_window_that_stays_closed_ends_at_the_deadline_for_stalls) {
    const auto files = server.open(loop, 0, {5s, 5s, 100ms});
    server.conversations().front()->window = 300'000;
    const auto error = error_of([&] { write_all(loop, *files, "/a", noise(1'000'000)); });
    EXPECT_EQ(error.code, ErrorCode::timeout);
    EXPECT_EQ(error.step, "idle");
    EXPECT_EQ(error.path, "/a");
}

TEST_F(SftpLandmines, Landmine101_a_rename_that_does_not_replace_is_done_in_three_and_taken_back_on_failure) {
    const auto files = server.open(loop);
    server.files["/b"] = "old";
    EXPECT_FALSE(files->abilities().atomic_replace);
    move(with("new"), *files);
    EXPECT_THAT(server.files, ElementsAre(Pair("/b", "new")));

    // The old file is aside, and the new one cannot take its place.
    unsigned renames = 0;
    server.instead = [&](ScriptedSftp& to, const Packet& packet) {
        if (packet.type != PacketType::rename || ++renames != 2) return false;
        to.status(packet.id, kFailure, "Failure");
        return true;
    };
    error_of([&] { move(with("newer"), *files); });
    EXPECT_THAT(server.files, ElementsAre(Pair("/b", "new")));
}

TEST_F(SftpLandmines, Landmine103_a_time_that_cannot_be_set_is_a_warning) {
    server.extensions = {{"posix-rename@openssh.com", "1"}};
    const auto files = server.open(loop);
    transfer::Options options;
    options.preserve = true;
    for (const auto code : {kUnsupported, kPermissionDenied, kFailure}) {
        refuse(PacketType::setstat, code, "");
        const auto result = move(with("content"), *files, options);
        EXPECT_EQ(server.files["/b"], "content") << code;
        EXPECT_EQ(result.warnings.size(), 1u) << code;
    }
}

TEST_F(SftpLandmines, Landmine103_a_server_that_ends_its_process_on_setstat_keeps_the_upload) {
    server.extensions = {{"posix-rename@openssh.com", "1"}};
    const auto files = server.open(loop, 1);
    server.instead = [&](ScriptedSftp& to, const Packet& packet) {
        if (packet.type != PacketType::setstat) return false;
        to.carrier_stands = true;
        to.end();
        return true;
    };
    transfer::Options options;
    options.preserve = true;
    const auto result = move(with("content"), *files, options);
    EXPECT_THAT(server.files, ElementsAre(Pair("/b", "content")));
    EXPECT_EQ(result.warnings.size(), 1u);
}

TEST_F(SftpLandmines, Landmine104_answers_shorter_than_the_announced_length_are_completed) {
    server.data_length = 255 * 1024;
    server.files["/a"] = noise(3'000'000);
    const auto files = server.open(loop);
    server.instead = [&](ScriptedSftp& to, const Packet& packet) {
        if (packet.type != PacketType::read) return false;
        PacketReader reader(packet.body);
        reader.string();
        const auto offset = reader.u64();
        const auto length = reader.u32();
        const auto& content = server.files["/a"];
        if (offset >= content.size()) return false;
        to.data(packet.id, content.substr(offset, std::min(length, 32'768u)));
        return true;
    };
    EXPECT_TRUE(read_all(loop, *files, "/a") == server.files["/a"]);
}

TEST_F(SftpLandmines, Landmine104_without_limits_nothing_is_longer_than_every_server_must_take) {
    const auto files = server.open(loop);
    server.instead = [&](ScriptedSftp& to, const Packet& packet) {
        if (packet.body.size() <= 34'000) return false;
        to.end("packet too long");
        return true;
    };
    const auto content = noise(1'000'000);
    write_all(loop, *files, "/a", content);
    EXPECT_TRUE(read_all(loop, *files, "/a") == content);
}

TEST_F(SftpLandmines, Landmine106_a_server_that_drops_who_asks_for_much_at_once_is_read_one_by_one) {
    server.files["/a"] = noise(1'000'000);
    const auto files = server.open(loop, 1);
    unsigned unanswered = 0;
    server.instead = [&](ScriptedSftp& to, const Packet& packet) {
        if (packet.type != PacketType::read || &to != server.conversations().front().get()) return false;
        if (++unanswered == 4) {
            to.carrier_stands = true;
            to.end();
        }
        return true;
    };
    const auto error = error_of([&] { read_all(loop, *files, "/a"); });
    EXPECT_TRUE(error.session_usable);
    EXPECT_TRUE(error.retryable());
    EXPECT_TRUE(read_all(loop, *files, "/a") == server.files["/a"]);
}

TEST_F(SftpLandmines, Landmine107_a_file_that_is_said_to_be_empty_is_brought_whole) {
    server.files["/a"] = noise(100'000);
    const auto files = server.open(loop);
    server.instead = [&](ScriptedSftp& to, const Packet& packet) {
        const bool asks = packet.type == PacketType::lstat || packet.type == PacketType::fstat;
        if (!asks) return false;
        to.attributes(packet.id, {.size = 0, .permissions = S_IFREG | 0644});
        return true;
    };
    move(*files, local);
    EXPECT_TRUE(memory->get("/b") == server.files["/a"]);
}

TEST_F(SftpLandmines, Landmine109_a_source_that_is_gone_once_it_was_read_is_no_failure) {
    server.files["/a"] = noise(2'000'000);
    const auto content = server.files["/a"];
    const auto files = server.open(loop);
    server.instead = [&](ScriptedSftp& to, const Packet& packet) {
        if (packet.type != PacketType::close) return false;
        server.files.erase("/a");
        to.status(packet.id, kOk);
        return true;
    };
    move(*files, local);
    EXPECT_TRUE(memory->get("/b") == content);
}

TEST_F(SftpLandmines, Landmine112_status_4_is_understood_by_its_words) {
    const auto files = server.open(loop);
    refuse(PacketType::open, kFailure, "Error: No such file or directory");
    auto error = error_of([&] { read_all(loop, *files, "/a"); });
    EXPECT_EQ(error.code, ErrorCode::not_found);
    EXPECT_THAT(error.server_reply, HasSubstr("No such file"));
    refuse(PacketType::write, kFailure, "There is not enough space on the disk.");
    error = error_of([&] { write_all(loop, *files, "/a", "x"); });
    EXPECT_EQ(error.code, ErrorCode::no_space);
}

TEST_F(SftpLandmines,
       Landmine113_a_directory_that_is_there_already_is_said_to_be_whatever_the_server_answers) {
    const auto files = server.open(loop);
    server.directories.insert("/d");
    EXPECT_EQ(error_of([&] { loop.run(files->make_directory("/d")); }).code, ErrorCode::already_exists);
}

TEST_F(SftpLandmines, Landmine115_a_server_without_realpath_is_used_by_the_paths_it_is_given) {
    server.files["a"] = "relative";
    const auto files = server.open(loop);
    for (const auto* answer : {"C:/Users/x", "/C:/Users/x", "\\", "."}) {
        server.instead = [=](ScriptedSftp& to, const Packet& packet) {
            if (packet.type != PacketType::realpath) return false;
            to.names(packet.id, {{answer, "", {}}});
            return true;
        };
        loop.run(files->ping());
        EXPECT_EQ(read_all(loop, *files, "a"), "relative");
    }
    refuse(PacketType::realpath, kUnsupported, "");
    loop.run(files->ping());
    EXPECT_EQ(read_all(loop, *files, "a"), "relative");
}

TEST_F(SftpLandmines, Landmine118_a_directory_in_one_huge_packet_is_taken) {
    for (int i = 0; i < 20'000; ++i)
        server.files["/a-file-with-a-name-of-some-length-" + std::to_string(i)] = "x";
    const auto files = server.open(loop);
    const auto count = loop.run([](FileSystem& from) -> awaitable<std::size_t> {
        const auto listing = co_await from.list("/");
        std::size_t sum = 0;
        while (true) {
            const auto batch = co_await listing->next();
            if (batch.empty()) co_return sum;
            sum += batch.size();
        }
    }(*files));
    EXPECT_EQ(count, 20'000u);
}

TEST_F(SftpLandmines, Landmine119_an_open_that_never_returns_ends_at_the_deadline) {
    const auto files = server.open(loop, 0, {5s, 100ms, 5s});
    server.instead = [](ScriptedSftp&, const Packet& packet) { return packet.type == PacketType::open; };
    const auto error = error_of([&] { read_all(loop, *files, "/fifo"); });
    EXPECT_EQ(error.code, ErrorCode::timeout);
    EXPECT_EQ(error.step, "command");
}

TEST_F(SftpLandmines, Landmine121_a_refused_close_publishes_nothing) {
    server.extensions = {{"posix-rename@openssh.com", "1"}};
    server.files["/b"] = "old";
    const auto files = server.open(loop);
    refuse(PacketType::close, kFailure, "virus found");
    const auto error = error_of([&] { move(with("new"), *files); });
    EXPECT_EQ(error.code, ErrorCode::incomplete);
    EXPECT_THAT(error.server_reply, HasSubstr("virus found"));
    EXPECT_EQ(server.files["/b"], "old");
}

TEST_F(SftpLandmines, Landmine122_of_several_failed_writes_the_first_is_told_with_its_offset) {
    const auto files = server.open(loop);
    std::vector<std::uint32_t> late;
    server.instead = [&](ScriptedSftp& to, const Packet& packet) {
        if (packet.type != PacketType::write) return false;
        late.push_back(packet.id);
        if (late.size() < 5) return true;
        to.status(late[3], kFailure, "later");
        to.status(late[1], kQuotaExceeded, "Quota exceeded");
        for (const auto id : {late[0], late[2], late[4]})
            to.status(id, kOk);
        return true;
    };
    const auto error = error_of([&] { write_all(loop, *files, "/a", noise(5 * 32'768)); });
    EXPECT_EQ(error.code, ErrorCode::quota_exceeded);
    EXPECT_THAT(error.message, HasSubstr("at byte 32768"));
    loop.run(files->ping());
    EXPECT_EQ(server.handles_open(), 0u);
}

TEST_F(SftpLandmines, Landmine124_no_more_files_are_opened_at_once_than_the_server_has_handles) {
    server.data_length = 32 * 1024;
    server.open_handles = 3;
    EXPECT_EQ(server.open(loop)->abilities().concurrent_operations, 3u);
}

}  // namespace
}  // namespace fairlead::test

// Conversations with a scripted server: what no well-behaved one says.
#include "sftp/session.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "sftp/listing.hpp"
#include "sftp/read_stream.hpp"
#include "sftp/write_stream.hpp"
#include "support/run.hpp"
#include "support/scripted_sftp.hpp"
#include "support/temporary_folder.hpp"

namespace fairlead::sftp {
namespace {

using test::ScriptedSftp;
using Packet = ScriptedSftp::Packet;

class SftpSession : public ::testing::Test {
  protected:
    ~SftpSession() override {
        server_->on_packet = nullptr;  // scripts use their test's variables
        if (session_) session_->close();
    }

    std::shared_ptr<Session> start() {
        session_ = loop_.run(Session::start(server_->connect(), "h:22", timeouts_, nullptr));
        return session_;
    }

    /// Everything that a read stream gives.
    awaitable<std::string> read_all(ReadOptions options = {}) {
        auto stream = co_await open_for_reading(session_, "/a", options);
        std::string content;
        while (true) {
            const auto bytes = co_await stream->read();
            if (bytes.empty()) break;
            content.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
        }
        co_return content;
    }

    awaitable<void> write_all(std::string content) {
        auto stream = co_await open_for_writing(session_, "/a", {});
        co_await stream->write(std::as_bytes(std::span(content)));
        co_await stream->finish();
    }

    template <class T>
    Error error_of(awaitable<T> task) {
        try {
            loop_.run(std::move(task));
        } catch (const Error& error) {
            return error;
        }
        ADD_FAILURE() << "nothing was thrown";
        return Error(ErrorCode::internal, "");
    }

    /// One question and its answer; whatever was to be sent before has been sent then.
    void exchange() {
        loop_.run(session_->request(PacketType::lstat, "", [](PacketWriter& p) { p.string("/a"); }));
    }

    /// A server that has one file.
    void serve(std::string content) {
        content_ = std::move(content);
        server_->on_packet = [this](const Packet& packet) { answer(packet); };
    }

    void answer(const Packet& packet) {
        switch (packet.type) {
            case PacketType::open:
            case PacketType::opendir:
                return server_->handle(packet.id);
            case PacketType::fstat: {
                Attributes attributes;
                attributes.size = announced_.value_or(content_.size());
                return server_->attributes(packet.id, attributes);
            }
            case PacketType::read: {
                const auto [offset, length] = range_of(packet);
                if (offset >= content_.size()) return server_->status(packet.id, kEndOfFile);
                return server_->data(packet.id, content_.substr(offset, std::min(length, most_)));
            }
            default:
                return server_->status(packet.id, kOk);
        }
    }

    static std::pair<std::size_t, std::size_t> range_of(const Packet& packet) {
        PacketReader reader(packet.body);
        reader.string();
        const auto offset = static_cast<std::size_t>(reader.u64());
        return {offset, reader.u32()};
    }

    Timeouts timeouts_{std::chrono::seconds(5), std::chrono::seconds(5), std::chrono::seconds(5)};
    std::shared_ptr<ScriptedSftp> server_ = std::make_shared<ScriptedSftp>();
    test::Loop loop_;
    std::shared_ptr<Session> session_;
    std::string content_;
    std::optional<std::uint64_t> announced_;
    std::size_t most_ = 1024 * 1024;
};

TEST_F(SftpSession, learns_what_the_server_offers_and_how_much_it_takes) {
    server_->extensions = {{"posix-rename@openssh.com", "1"}, {"limits@openssh.com", "1"}};
    server_->on_packet = [this](const Packet& packet) {
        Bytes reply;
        PacketWriter(reply, PacketType::extended_reply, packet.id)
            .u64(262144)
            .u64(261120)
            .u64(100000)
            .u64(50);
        server_->raw({reinterpret_cast<const char*>(reply.data()), reply.size()});
    };
    start();
    EXPECT_TRUE(session_->extensions().posix_rename);
    EXPECT_FALSE(session_->extensions().fsync);
    EXPECT_EQ(session_->limits().read_length, 261120u);
    EXPECT_EQ(session_->limits().write_length, 100000u);
    EXPECT_EQ(session_->limits().open_handles, 50u);
}

TEST_F(SftpSession, keeps_to_what_every_server_takes_where_limits_are_announced_but_refused) {
    server_->extensions = {{"limits@openssh.com", "1"}};
    server_->on_packet = [this](const Packet& packet) { server_->status(packet.id, kUnsupported); };
    start();
    EXPECT_EQ(session_->limits().read_length, 32u * 1024);
}

TEST_F(SftpSession, quotes_a_server_that_prints_text_at_log_in) {
    server_->raw("Welcome to the files of ACME\r\n");
    const auto error = error_of(Session::start(server_->connect(), "h:22", timeouts_, nullptr));
    EXPECT_EQ(error.code, ErrorCode::protocol_error);
    EXPECT_NE(error.message.find("Welcome to the files of ACME"), std::string::npos) << error.message;
}

TEST_F(SftpSession, quotes_a_server_that_prints_one_word_and_ends) {
    server_->raw("Locked");
    server_->end();
    const auto error = error_of(Session::start(server_->connect(), "h:22", timeouts_, nullptr));
    EXPECT_NE(error.message.find("Locked"), std::string::npos) << error.message;
}

TEST_F(SftpSession, passes_on_the_last_words_of_a_server_that_ends_at_once) {
    server_->answers_init = false;
    server_->end("sftp-server: not found");
    const auto error = error_of(Session::start(server_->connect(), "h:22", timeouts_, nullptr));
    EXPECT_EQ(error.code, ErrorCode::connection_lost);
    EXPECT_EQ(error.server_reply, "sftp-server: not found");
}

TEST_F(SftpSession, a_server_that_says_nothing_is_given_up_in_time) {
    timeouts_.command = std::chrono::milliseconds(30);
    server_->answers_init = false;
    EXPECT_EQ(error_of(Session::start(server_->connect(), "h:22", timeouts_, nullptr)).code,
              ErrorCode::timeout);
}

TEST_F(SftpSession, a_request_without_an_answer_ends_in_time_and_the_session_with_it) {
    timeouts_.command = std::chrono::milliseconds(30);
    start();
    const auto request = [&] {
        return session_->request(PacketType::lstat, "", [](PacketWriter& p) { p.string("/a"); });
    };
    const auto error = error_of(request());
    EXPECT_EQ(error.code, ErrorCode::timeout);
    EXPECT_FALSE(error.session_usable);
    EXPECT_EQ(error_of(request()).code, ErrorCode::timeout);
}

TEST_F(SftpSession, a_reply_that_nobody_asked_for_ends_the_session) {
    start();
    server_->on_packet = [this](const Packet& packet) { server_->status(packet.id + 1, kOk); };
    EXPECT_EQ(
        error_of(session_->request(PacketType::lstat, "", [](PacketWriter& p) { p.string("/a"); })).code,
        ErrorCode::protocol_error);
}

TEST_F(SftpSession, a_handle_that_comes_after_its_opener_was_cancelled_is_closed) {
    start();
    EXPECT_THROW(loop_.run_and_cancel(
                     [](std::shared_ptr<Session> session) -> awaitable<void> {
                         co_await open_for_reading(session, "/a", {});
                     }(session_),
                     [this] { return server_->count(PacketType::open) == 1; }),
                 Error);
    server_->on_packet = [this](const Packet& packet) { server_->status(packet.id, kOk); };
    server_->handle(server_->received().back().id, "late");
    exchange();  // the handle comes
    exchange();  // its CLOSE goes
    EXPECT_EQ(server_->count(PacketType::close), 1u);
}

TEST_F(SftpSession, reads_a_file_whole) {
    start();
    serve(test::noise(1'000'000));
    EXPECT_EQ(loop_.run(read_all()), content_);
    EXPECT_EQ(loop_.run(read_all({.expected_size = content_.size()})), content_);
    EXPECT_EQ(loop_.run(read_all({.offset = 999'000})), content_.substr(999'000));
}

TEST_F(SftpSession, reads_to_the_end_whatever_size_is_announced) {
    start();
    serve(test::noise(300'000));
    for (const std::uint64_t size : {0u, 1u, 299'999u, 300'001u, 10'000'000u}) {
        announced_ = size;
        EXPECT_EQ(loop_.run(read_all()), content_) << size;
    }
}

TEST_F(SftpSession, reads_from_a_server_that_gives_less_than_asked) {
    start();
    serve(test::noise(200'000));
    most_ = 5'000;
    EXPECT_EQ(loop_.run(read_all()), content_);
}

TEST_F(SftpSession, reads_from_a_server_that_answers_in_reverse_order) {
    start();
    serve(test::noise(400'000));
    std::vector<Packet> kept;
    server_->on_packet = [&](const Packet& packet) {
        if (packet.type != PacketType::read) return answer(packet);
        kept.push_back(packet);
        const auto [offset, length] = range_of(packet);
        if (kept.size() < 8 && offset < content_.size()) return;
        for (; !kept.empty(); kept.pop_back())
            answer(kept.back());
    };
    EXPECT_EQ(loop_.run(read_all({.expected_size = content_.size()})), content_);
}

TEST_F(SftpSession, reads_one_by_one_from_a_server_that_drops_what_it_is_asked_at_once) {
    timeouts_.idle = std::chrono::milliseconds(400);
    start();
    serve(test::noise(200'000));
    std::size_t reads = 0;
    server_->on_packet = [&](const Packet& packet) {
        // Of the first window only one is answered.
        if (packet.type == PacketType::read && ++reads > 1 && reads <= 8) return;
        answer(packet);
    };
    EXPECT_EQ(loop_.run(read_all({.expected_size = content_.size()})), content_);
}

TEST_F(SftpSession, a_file_that_stops_coming_is_given_up_in_time) {
    timeouts_.idle = std::chrono::milliseconds(80);
    start();
    serve(test::noise(200'000));
    server_->on_packet = [&](const Packet& packet) {
        if (packet.type != PacketType::read || range_of(packet).first < 100'000) answer(packet);
    };
    const auto error = error_of(read_all({.expected_size = content_.size()}));
    EXPECT_EQ(error.code, ErrorCode::timeout);
    EXPECT_EQ(error.step, "idle");
}

TEST_F(SftpSession, a_server_that_ends_in_the_middle_of_a_file_is_no_end_of_file) {
    start();
    serve(test::noise(200'000));
    server_->on_packet = [&](const Packet& packet) {
        if (packet.type == PacketType::read && range_of(packet).first >= 100'000) return server_->end();
        answer(packet);
    };
    EXPECT_EQ(error_of(read_all({.expected_size = content_.size()})).code, ErrorCode::connection_lost);
}

TEST_F(SftpSession, more_data_than_was_asked_for_is_refused) {
    start();
    server_->on_packet = [&](const Packet& packet) {
        if (packet.type == PacketType::read) return server_->data(packet.id, std::string(40'000, 'x'));
        answer(packet);
    };
    EXPECT_EQ(error_of(read_all({.expected_size = 100})).code, ErrorCode::protocol_error);
}

TEST_F(SftpSession, a_stream_that_is_dropped_early_leaves_the_session_usable) {
    start();
    serve(test::noise(3'000'000));
    loop_.run([](std::shared_ptr<Session> session) -> awaitable<void> {
        auto stream = co_await open_for_reading(session, "/a", {});
        co_await stream->read();
        co_await stream->close();
    }(session_));
    EXPECT_EQ(loop_.run(read_all()), content_);
    exchange();
    EXPECT_EQ(server_->count(PacketType::close), 2u);
}

TEST_F(SftpSession, a_write_error_that_comes_late_is_the_first_one_with_its_offset) {
    start();
    std::vector<Packet> writes;
    server_->on_packet = [&](const Packet& packet) {
        if (packet.type != PacketType::write) return answer(packet);
        writes.push_back(packet);
        if (writes.size() < 4) return;
        // The later one first.
        server_->status(writes[2].id, kFailure, "File too large");
        server_->status(writes[1].id, kFailure, "No space left on device");
        server_->status(writes[0].id, kOk);
        server_->status(writes[3].id, kOk);
    };
    const auto error = error_of(write_all(std::string(4 * 32 * 1024, 'x')));
    EXPECT_EQ(error.code, ErrorCode::no_space);
    EXPECT_NE(error.message.find("at byte 32768"), std::string::npos) << error.message;
    exchange();
    EXPECT_EQ(server_->count(PacketType::close), 1u);
}

TEST_F(SftpSession, looks_for_a_full_disk_where_a_write_just_failed) {
    server_->extensions = {{"statvfs@openssh.com", "2"}};
    start();
    server_->on_packet = [&](const Packet& packet) {
        if (packet.type == PacketType::write) return server_->status(packet.id, kFailure, "Failure");
        if (packet.type != PacketType::extended) return answer(packet);
        Bytes reply;
        PacketWriter writer(reply, PacketType::extended_reply, packet.id);
        for (const std::uint64_t value : {4096, 4096, 1000, 5, 0, 0, 0, 0, 1, 0, 255})
            writer.u64(value);
        writer.end();
        server_->raw({reinterpret_cast<const char*>(reply.data()), reply.size()});
    };
    EXPECT_EQ(error_of(write_all("x")).code, ErrorCode::no_space);
}

TEST_F(SftpSession, a_refused_close_means_that_the_file_is_not_there) {
    start();
    server_->on_packet = [&](const Packet& packet) {
        if (packet.type == PacketType::close) return server_->status(packet.id, kFailure, "Quota exceeded");
        answer(packet);
    };
    EXPECT_EQ(error_of(write_all("x")).code, ErrorCode::quota_exceeded);
}

TEST_F(SftpSession, a_failed_sync_means_that_the_bytes_are_not_safe) {
    server_->extensions = {{"fsync@openssh.com", "1"}};
    start();
    server_->on_packet = [&](const Packet& packet) {
        if (packet.type == PacketType::extended)
            return server_->status(packet.id, kFailure, "Input/output error");
        answer(packet);
    };
    EXPECT_EQ(error_of(write_all("x")).code, ErrorCode::incomplete);
}

TEST_F(SftpSession, lists_what_can_be_names_and_looks_up_what_has_no_type) {
    start();
    Attributes file;
    file.permissions = S_IFREG | 0644;
    file.size = 5;
    bool told = false;
    server_->on_packet = [&](const Packet& packet) {
        if (packet.type == PacketType::readdir) {
            if (std::exchange(told, true)) return server_->status(packet.id, kEndOfFile);
            return server_->names(packet.id, {{".", "", {}},
                                              {"..", "", {}},
                                              {"../../etc/passwd", "", file},
                                              {"plain", "-rw-r--r-- 1 joe users 5 Jan 1 2024 plain", file},
                                              {"bare", "", {}}});
        }
        if (packet.type == PacketType::lstat) {
            Attributes directory;
            directory.permissions = S_IFDIR | 0755;
            return server_->attributes(packet.id, directory);
        }
        answer(packet);
    };
    const auto entries = loop_.run([](std::shared_ptr<Session> session) -> awaitable<std::vector<Entry>> {
        auto listing = co_await open_listing(session, "/d");
        auto found = co_await listing->next();
        const auto rest = co_await listing->next();
        EXPECT_TRUE(rest.empty());
        co_return found;
    }(session_));
    ASSERT_EQ(entries.size(), 2u);
    EXPECT_EQ(entries[0].path, "/d/plain");
    EXPECT_EQ(entries[0].owner, "joe");
    EXPECT_EQ(entries[0].group, "users");
    EXPECT_EQ(entries[0].size, 5u);
    EXPECT_EQ(entries[1].name, "bare");
    EXPECT_EQ(entries[1].type, EntryType::directory);
}

TEST_F(SftpSession, a_listing_that_fails_half_way_is_no_end_of_it) {
    start();
    bool told = false;
    server_->on_packet = [&](const Packet& packet) {
        if (packet.type != PacketType::readdir) return answer(packet);
        if (std::exchange(told, true)) return server_->status(packet.id, kFailure, "Input/output error");
        server_->names(packet.id, {{"a", "", {.permissions = S_IFREG}}});
    };
    EXPECT_THROW(loop_.run([](std::shared_ptr<Session> session) -> awaitable<void> {
        auto listing = co_await open_listing(session, "/d");
        co_await listing->next();
        co_await listing->next();
    }(session_)),
                 Error);
}

}  // namespace
}  // namespace fairlead::sftp

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

#include "base/digest.hpp"
#include "fairlead/open.hpp"
#include "support/run.hpp"
#include "support/temporary_folder.hpp"
#include "transfer/move_bytes.hpp"

// Files large enough that the disk works beside the network, on a thread of its own.
namespace fairlead {
namespace {

constexpr std::size_t kLarge = 9 * 1024 * 1024 + 77;

/// Files may not grow beyond a size while this lives.
class FileSizeLimit {
  public:
    explicit FileSizeLimit(rlim_t most) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
        ::getrlimit(RLIMIT_FSIZE, &before_);
        const rlimit small{most, before_.rlim_max};
        ::setrlimit(RLIMIT_FSIZE, &small);
    }
    ~FileSizeLimit() {
        ::setrlimit(RLIMIT_FSIZE, &before_);
        std::signal(SIGXFSZ, handler_);
    }

  private:
    rlimit before_{};
    void (*handler_)(int);
};

class LocalStreams : public testing::Test {
  protected:
    void SetUp() override { files = open_local(folder.path().string()); }

    awaitable<void> write_in_pieces(std::string_view text, std::size_t piece, WriteOptions options) {
        const auto stream = co_await files->open_write("/out", options);
        for (std::size_t at = 0; at < text.size(); at += piece)
            co_await stream->write(std::as_bytes(std::span(text.substr(at, piece))));
        co_await stream->finish();
    }

    test::TemporaryFolder folder;
    test::Loop loop;
    std::unique_ptr<FileSystem> files;
    const std::string noise = test::noise(kLarge);
};

TEST_F(LocalStreams, a_large_file_is_the_same_whatever_pieces_it_is_written_in) {
    WriteOptions options;
    options.expected_size = kLarge;
    for (const std::size_t piece : {1001UL, 65'536UL, 300'000UL, 5'000'000UL}) {
        loop.run(write_in_pieces(noise, piece, options));
        EXPECT_TRUE(test::read_file(folder / "out") == noise) << piece;
    }
}

TEST_F(LocalStreams, a_file_that_turns_out_to_be_large_is_the_same_too) {
    loop.run(write_in_pieces(noise, 100'000, {}));
    EXPECT_TRUE(test::read_file(folder / "out") == noise);
}

TEST_F(LocalStreams, a_large_rest_is_written_from_its_offset) {
    test::write_file(folder / "out", "kept");
    WriteOptions options;
    options.mode = WriteOptions::Mode::at;
    options.offset = 4;
    options.expected_size = kLarge;
    loop.run(write_in_pieces(noise, 70'000, options));
    EXPECT_TRUE(test::read_file(folder / "out") == "kept" + noise);
}

TEST_F(LocalStreams, room_takes_bytes_without_a_copy_for_large_files_only) {
    const auto task = [&]() -> awaitable<void> {
        const auto small = co_await files->open_write("/small");
        const auto none = co_await small->room();
        EXPECT_TRUE(none.empty());
        co_await small->abort();

        WriteOptions options;
        options.expected_size = kLarge;
        const auto stream = co_await files->open_write("/out", options);
        std::string_view rest = noise;
        while (!rest.empty()) {
            const auto room = co_await stream->room();
            const auto part = std::min<std::size_t>({room.size(), rest.size(), 100'000});
            std::copy_n(rest.data(), part, reinterpret_cast<char*>(room.data()));
            co_await stream->write(room.first(part));
            rest.remove_prefix(part);
        }
        co_await stream->finish();
    };
    loop.run(task());
    EXPECT_TRUE(test::read_file(folder / "out") == noise);
}

// Going on with a download: what was read beyond the seam comes in a buffer, the rest in pipes.
TEST_F(LocalStreams, buffers_and_pipes_may_take_turns_in_one_large_file) {
    const auto task = [&]() -> awaitable<void> {
        WriteOptions options;
        options.expected_size = kLarge;
        const auto stream = co_await files->open_write("/out", options);
        std::string_view rest = noise;
        const auto take = [&rest](std::size_t count) {
            const auto piece = std::as_bytes(std::span(rest.substr(0, count)));
            rest.remove_prefix(piece.size());
            return piece;
        };
        for (int turn = 0; turn < 2; ++turn) {
            co_await stream->write(take(1000));
            for (int i = 0; i < 7; ++i) {  // more than there are slots
                const int pipe = co_await stream->take_pipe();
                const auto piece = take(600'000);
                const auto written = ::write(pipe, piece.data(), piece.size());
                rest = std::string_view(noise).substr(noise.size() - rest.size() - piece.size() +
                                                      static_cast<std::size_t>(std::max(written, 0L)));
            }
        }
        co_await stream->write(take(rest.size()));
        co_await stream->finish();
    };
    loop.run(task());
    EXPECT_TRUE(test::read_file(folder / "out") == noise);
}

TEST_F(LocalStreams, what_fails_at_the_disk_behind_the_network_is_told_by_a_later_write_or_the_end) {
    const FileSizeLimit limit(3'000'000);
    WriteOptions options;
    options.expected_size = kLarge;
    for (const std::size_t piece : {100'000UL, kLarge}) {
        try {
            loop.run(write_in_pieces(noise, piece, options));
            ADD_FAILURE() << "nothing was thrown";
        } catch (const Error& error) {
            EXPECT_EQ(error.code, ErrorCode::no_space);
        }
    }
}

TEST_F(LocalStreams, an_aborted_large_file_leaves_no_thread_and_the_disk_usable) {
    const auto task = [&]() -> awaitable<void> {
        WriteOptions options;
        options.expected_size = kLarge;
        const auto stream = co_await files->open_write("/out", options);
        co_await stream->write(std::as_bytes(std::span(noise).first(1'000'000)));
        co_await stream->abort();
    };
    loop.run(task());
    loop.run(write_in_pieces("short", 2, {}));
    EXPECT_EQ(test::read_file(folder / "out"), "short");
}

TEST_F(LocalStreams, a_large_file_is_read_whole_from_any_offset) {
    test::write_file(folder / "in", noise);
    const auto rest_from = [&](std::uint64_t offset) -> awaitable<std::string> {
        ReadOptions options;
        options.offset = offset;
        const auto stream = co_await files->open_read("/in", options);
        std::string text;
        for (;;) {
            const auto piece = co_await stream->read();
            if (piece.empty()) break;
            text.append(reinterpret_cast<const char*>(piece.data()), piece.size());
        }
        co_return text;
    };
    for (const std::uint64_t offset : {std::uint64_t{0}, std::uint64_t{1001}, std::uint64_t{kLarge}})
        EXPECT_TRUE(loop.run(rest_from(offset)) == noise.substr(offset)) << offset;
}

TEST_F(LocalStreams, a_large_file_that_is_left_early_can_be_closed) {
    test::write_file(folder / "in", noise);
    const auto task = [&]() -> awaitable<void> {
        const auto stream = co_await files->open_read("/in");
        const auto piece = co_await stream->read();
        EXPECT_FALSE(piece.empty());
        co_await stream->close();
    };
    loop.run(task());
}

TEST_F(LocalStreams, a_checksum_on_the_way_sees_every_byte_of_a_large_file) {
    test::write_file(folder / "in", noise);
    Digest moved(ChecksumAlgorithm::sha256), expected(ChecksumAlgorithm::sha256);
    expected.add(std::as_bytes(std::span(noise)));
    const auto task = [&]() -> awaitable<void> {
        const auto from = co_await files->open_read("/in");
        WriteOptions options;
        options.expected_size = kLarge;
        const auto to = co_await files->open_write("/out", options);
        std::uint64_t count = 0;
        const net::RateLimits unlimited;
        co_await transfer::move_bytes(*from, *to, &moved, nullptr, unlimited, 0, count);
        EXPECT_EQ(count, kLarge);
        co_await to->finish();
    };
    loop.run(task());
    EXPECT_EQ(moved.finish(), expected.finish());
    EXPECT_TRUE(test::read_file(folder / "out") == noise);
}

}  // namespace
}  // namespace fairlead

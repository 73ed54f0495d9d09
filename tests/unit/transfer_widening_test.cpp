// A large file over a long way: further sessions are taken while it moves, and what arrives is whole.

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstring>
#include <span>
#include <utility>
#include <vector>

#include "remote/memory_file_system.hpp"
#include "support/awkward_file_system.hpp"
#include "support/run.hpp"
#include "transfer/run.hpp"

namespace fairlead::transfer {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;
using Bytes = std::vector<std::byte>;

constexpr std::uint64_t kSize = 1000 * 1024 * 1024 + 17;
constexpr std::size_t kPiece = 1'000'003;  // no boundary of anything

awaitable<void> pass(std::chrono::milliseconds time) {
    asio::steady_timer timer(co_await asio::this_coro::executor, time);
    co_await timer.async_wait(asio::use_awaitable);
}

/// What the file holds from a place on: no two blocks within 16 MiB are alike.
std::span<const std::byte> content(std::uint64_t from, std::size_t length, Bytes& in) {
    constexpr std::size_t kBlock = 64 * 1024;
    if (in.size() < length) in.resize(length);
    for (std::size_t i = 0; i < length;) {
        const auto block = (from + i) / kBlock;
        const auto part = std::min<std::size_t>(length - i, (block + 1) * kBlock - (from + i));
        std::memset(in.data() + i, static_cast<int>(block % 251), part);
        i += part;
    }
    return std::span(in).first(length);
}

/// The file, and what became of it.
struct World {
    unsigned sessions = 0;
    std::uint64_t breaks_after = UINT64_MAX;  ///< so many bytes were read: each session is lost, once
    std::uint64_t read = 0, end = 0, wrong = 0;
    std::vector<std::pair<std::uint64_t, std::uint64_t>> written;  ///< from, to

    bool is_whole() {
        std::ranges::sort(written);
        std::uint64_t there = 0;
        for (const auto& [from, to] : written)
            if (from <= there) there = std::max(there, to);
        return there == kSize && wrong == 0;
    }
};

class Reader final : public ReadStream {
  public:
    Reader(World& world, std::uint64_t at, bool slow) : world_(world), at_(at), slow_(slow) {}
    awaitable<std::span<const std::byte>> read() override {
        if (slow_) co_await pass(10ms);
        if (world_.read >= world_.breaks_after) {
            world_.breaks_after = UINT64_MAX;
            throw Error(ErrorCode::connection_lost, "Lost.").ends_session();
        }
        const auto length = std::min<std::uint64_t>(kPiece, kSize - std::min(kSize, at_));
        const auto piece = content(at_, length, piece_);
        at_ += length;
        world_.read += length;
        co_return piece;
    }
    awaitable<void> close() override { co_return; }

  private:
    World& world_;
    std::uint64_t at_;
    bool slow_;
    Bytes piece_;
};

class Writer final : public WriteStream {
  public:
    Writer(World& world, std::uint64_t at) : world_(world), at_(at) {}
    awaitable<void> write(std::span<const std::byte> bytes) override {
        const auto right = content(at_, bytes.size(), right_);
        if (std::memcmp(bytes.data(), right.data(), bytes.size()) != 0) ++world_.wrong;
        world_.written.emplace_back(at_, at_ + bytes.size());
        at_ += bytes.size();
        world_.end = std::max(world_.end, at_);
        co_return;
    }
    awaitable<void> finish() override { co_return; }
    awaitable<void> abort() override { co_return; }

  private:
    World& world_;
    std::uint64_t at_;
    Bytes right_;
};

/// All files are the file, as far as it has come.
class LongWay final : public test::AwkwardFileSystem {
  public:
    LongWay(World& world, std::shared_ptr<MemoryStore> store, Abilities abilities, bool is_source)
        : AwkwardFileSystem(std::make_unique<MemoryFileSystem>(store, abilities)),
          world_(world),
          is_source_(is_source) {}

    awaitable<Entry> stat(std::string_view path) override {
        auto entry = co_await AwkwardFileSystem::stat(path);
        entry.size = is_source_ ? kSize : world_.end;
        entry.modified = Time{};
        co_return entry;
    }
    awaitable<std::unique_ptr<ReadStream>> open_read(std::string_view, ReadOptions options) override {
        if (is_source_) co_await pass(20ms);
        co_return std::make_unique<Reader>(world_, options.offset, is_source_);
    }
    awaitable<std::unique_ptr<WriteStream>> open_write(std::string_view path, WriteOptions options) override {
        if (options.offset == 0) {
            const auto file = co_await AwkwardFileSystem::open_write(path, {});
            co_await file->finish();
        }
        co_return std::make_unique<Writer>(world_, options.offset);
    }

  private:
    World& world_;
    bool is_source_;
};

class FileOverALongWay : public testing::Test {
  protected:
    struct Listener final : RunListener {
        void done(const TransferResult& result) override { results.push_back(result); }
        void failed(const std::string&, const Error& error) override { failures.push_back(error); }
        std::vector<TransferResult> results;
        std::vector<Error> failures;
    };

    Sessions::Opener opener(std::shared_ptr<MemoryStore> store, bool is_source) {
        return [this, store, is_source]() -> awaitable<std::shared_ptr<FileSystem>> {
            if (is_source) ++world.sessions;
            auto abilities = MemoryFileSystem::all_abilities();
            abilities.concurrent_operations = is_source ? 1 : 64;
            co_return std::make_shared<LongWay>(world, store, abilities, is_source);
        };
    }

    void get(unsigned sessions) {
        from->put("/big", "");
        const auto task = [&]() -> awaitable<void> {
            const auto executor = co_await asio::this_coro::executor;
            Sessions reading(executor, opener(from, true), sessions);
            Sessions writing(executor, opener(to, false), 1, {.identity = std::string(kLocalIdentity)});
            transfer::Run run(executor, reading, writing, options, heard);
            std::function<awaitable<void>(transfer::Run&)> produce =
                [&](transfer::Run& running) -> awaitable<void> {
                Job job;
                job.source = job.facts.path = "/big";
                job.facts.size = kSize;
                job.facts.modified = Time{};
                job.target = "/big";
                co_await running.add(std::move(job));
            };
            (void)co_await run.run(produce);
        };
        loop.run(task());
    }
    void expect_whole() {
        ASSERT_EQ(heard.failures.size(), 0u) << heard.failures.front().message;
        EXPECT_EQ(world.end, kSize);
        EXPECT_TRUE(world.is_whole());
    }

    test::Loop loop;
    World world;
    std::shared_ptr<MemoryStore> from = std::make_shared<MemoryStore>(), to = std::make_shared<MemoryStore>();
    Options options;
    Listener heard;
};

TEST_F(FileOverALongWay, is_moved_over_further_sessions_of_its_own_accord) {
    get(4);
    expect_whole();
    EXPECT_GT(world.sessions, 1u);
    EXPECT_LE(world.sessions, 4u);
}

TEST_F(FileOverALongWay, is_gone_on_with_when_it_breaks_off_in_several_parts) {
    world.breaks_after = kSize * 3 / 4;
    options.patience.first_wait = 1ms;
    options.retries = 2;
    get(4);
    expect_whole();
    EXPECT_GT(world.sessions, 2u);
}

}  // namespace
}  // namespace fairlead::transfer

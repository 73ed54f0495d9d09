// One reading for several readers: each gets all of it, little is held, and one that fails or stands still keeps nobody.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/this_coro.hpp>
#include <memory>

#include "base/run_together.hpp"
#include "flow/fan.hpp"
#include "remote/memory_file_system.hpp"
#include "support/awkward_file_system.hpp"
#include "support/run.hpp"
#include "transfer/failure.hpp"

namespace fairlead::flow {
namespace {

using test::AwkwardFileSystem;

constexpr std::size_t kSize = 20 * 1024 * 1024;
constexpr std::size_t kMostHeld = 5 * 1024 * 1024;

class Fans : public testing::Test {
  protected:
    Fans() {
        for (std::size_t i = 0; i < kSize; ++i)
            content[i] = static_cast<char>('a' + i * i % 23);
        store->put("/a", content);
    }

    /// Reads as reader `number`, giving up after so many bytes.
    static awaitable<void> read(Fan& fan, std::size_t number, std::string& into, std::optional<Error>& failure,
                                std::size_t most = kSize + 1) {
        const auto work = [&]() -> awaitable<void> {
            const auto stream = fan.join(number);
            while (into.size() < most) {
                const auto piece = co_await stream->read();
                if (piece.empty()) co_return;
                into.append(reinterpret_cast<const char*>(piece.data()), piece.size());
            }
        };
        failure = co_await transfer::caught(work());
        fan.leave(number);
    }

    void run(std::function<std::vector<awaitable<void>>(Fan&)> readers, std::size_t count,
             std::chrono::milliseconds patience = std::chrono::minutes(1), std::function<void(AwkwardFileSystem&)> spoil = {}) {
        const auto work = [&]() -> awaitable<void> {
            const auto executor = co_await boost::asio::this_coro::executor;
            auto open = [&]() -> awaitable<std::shared_ptr<FileSystem>> {
                auto files = std::make_shared<AwkwardFileSystem>(std::make_unique<MemoryFileSystem>(store));
                if (spoil) spoil(*files);
                co_return files;
            };
            transfer::Sessions source(executor, open, 1);
            Fan fan(executor, count, patience);
            auto tasks = readers(fan);
            tasks.push_back(fan.run(source, [&](FileSystem& files) {
                ++opened;
                return files.open_read("/a", {});
            }));
            co_await run_together(std::move(tasks));
            held = fan.held();
            for (std::size_t i = 0; i < count; ++i)
                let_down.push_back(fan.let_down(i));
            co_await source.close();
        };
        loop.run(work());
    }

    test::Loop loop;
    std::shared_ptr<MemoryStore> store = std::make_shared<MemoryStore>();
    std::string content = std::string(kSize, ' ');
    std::string got[3];
    std::optional<Error> failures[3];
    std::size_t held = 0, opened = 0;
    std::vector<bool> let_down;
};

TEST_F(Fans, give_everybody_all_of_it_from_one_reading_and_hold_little) {
    run([&](Fan& fan) {
        std::vector<awaitable<void>> tasks;
        for (std::size_t i = 0; i < 3; ++i)
            tasks.push_back(read(fan, i, got[i], failures[i]));
        return tasks;
    }, 3);
    for (const auto& each : got)
        EXPECT_TRUE(each == content);
    EXPECT_EQ(opened, 1u);
    EXPECT_LE(held, kMostHeld);
}

TEST_F(Fans, one_that_gives_up_keeps_nobody) {
    run([&](Fan& fan) {
        std::vector<awaitable<void>> tasks;
        tasks.push_back(read(fan, 0, got[0], failures[0], 1));
        tasks.push_back(read(fan, 1, got[1], failures[1]));
        return tasks;
    }, 2);
    EXPECT_LT(got[0].size(), kSize);
    EXPECT_TRUE(got[1] == content);
    EXPECT_FALSE(let_down[0]) << "that was a reason of its own";
}

TEST_F(Fans, one_that_never_begins_is_let_go_and_can_see_it) {
    run([&](Fan& fan) {
        std::vector<awaitable<void>> tasks;
        tasks.push_back(read(fan, 1, got[1], failures[1]));
        return tasks;
    }, 2, std::chrono::milliseconds(5));
    EXPECT_TRUE(got[1] == content);
    EXPECT_LE(held, kMostHeld);
    EXPECT_TRUE(let_down[0]);
    EXPECT_FALSE(let_down[1]);
}

TEST_F(Fans, a_source_that_breaks_off_is_an_error_for_all_and_never_an_end) {
    run([&](Fan& fan) {
        std::vector<awaitable<void>> tasks;
        for (std::size_t i = 0; i < 2; ++i)
            tasks.push_back(read(fan, i, got[i], failures[i]));
        return tasks;
    }, 2, std::chrono::minutes(1), [](AwkwardFileSystem& files) { files.fail_read_after(kSize / 2, ErrorCode::connection_lost); });
    for (int i = 0; i < 2; ++i) {
        ASSERT_TRUE(failures[i]);
        EXPECT_EQ(failures[i]->code, ErrorCode::connection_lost);
        EXPECT_TRUE(let_down[static_cast<std::size_t>(i)]);
    }
}

}  // namespace
}  // namespace fairlead::flow

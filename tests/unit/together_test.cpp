#include <gtest/gtest.h>

#include <boost/asio/this_coro.hpp>

#include "base/blocking.hpp"
#include "base/digest.hpp"
#include "base/queue.hpp"
#include "base/run_together.hpp"
#include "support/run.hpp"

namespace fairlead {
namespace {

awaitable<void> wait_for_ever() {
    Event never(co_await boost::asio::this_coro::executor);
    co_await never.wait();
}

awaitable<void> fail() {
    throw Error(ErrorCode::incomplete, "It broke off.");
    co_return;
}

TEST(RunTogether, the_first_failure_ends_the_others_and_is_thrown) {
    test::Loop loop;
    const auto task = []() -> awaitable<void> {
        std::vector<awaitable<void>> tasks;
        tasks.push_back(wait_for_ever());
        tasks.push_back(fail());
        tasks.push_back(wait_for_ever());
        co_await run_together(std::move(tasks));
    };
    try {
        loop.run(task());
        FAIL() << "nothing was thrown";
    } catch (const Error& error) {
        EXPECT_EQ(error.code, ErrorCode::incomplete);
    }
}

TEST(RunTogether, cancelling_the_caller_ends_all) {
    test::Loop loop;
    bool started = false;
    const auto task = [&]() -> awaitable<void> {
        std::vector<awaitable<void>> tasks;
        tasks.push_back(wait_for_ever());
        tasks.push_back(wait_for_ever());
        started = true;
        co_await run_together(std::move(tasks));
    };
    try {
        loop.run_and_cancel(task(), [&] { return started; });
        FAIL() << "nothing was thrown";
    } catch (const Error& error) {
        EXPECT_EQ(error.code, ErrorCode::cancelled);
    }
}

TEST(Queue, holds_no_more_than_it_may_and_gives_all_in_order) {
    test::Loop loop;
    std::vector<int> got;
    const auto task = [&]() -> awaitable<void> {
        Queue<int> queue(co_await boost::asio::this_coro::executor, 3);
        int ahead = 0, most_ahead = 0;
        const auto give = [&]() -> awaitable<void> {
            for (int i = 0; i < 100; ++i) {
                (void)co_await queue.push(i);
                most_ahead = std::max(most_ahead, ++ahead);
            }
            queue.close();
        };
        const auto take = [&]() -> awaitable<void> {
            for (;;) {
                const auto item = co_await queue.pop();
                if (!item) break;
                --ahead;
                got.push_back(*item);
            }
        };
        std::vector<awaitable<void>> tasks;
        tasks.push_back(give());
        tasks.push_back(take());
        co_await run_together(std::move(tasks));
        EXPECT_LE(most_ahead, 4);  // the one that was just taken may not be counted yet
    };
    loop.run(task());
    ASSERT_EQ(got.size(), 100u);
    EXPECT_TRUE(std::is_sorted(got.begin(), got.end()));
}

TEST(Blocking, gives_results_and_failures_from_the_other_thread) {
    test::Loop loop;
    EXPECT_EQ(loop.run(run_blocking([] { return 42; })), 42);
    std::function<void()> broken = [] { throw Error(ErrorCode::no_space, "full"); };
    EXPECT_THROW(loop.run(run_blocking(broken)), Error);
}

TEST(Digest, computes_what_the_standards_say) {
    const auto of = [](ChecksumAlgorithm algorithm) {
        Digest digest(algorithm);
        const std::string text = "abc";
        digest.add(std::as_bytes(std::span(text)));
        return digest.finish();
    };
    EXPECT_EQ(of(ChecksumAlgorithm::crc32), "352441c2");
    EXPECT_EQ(of(ChecksumAlgorithm::md5), "900150983cd24fb0d6963f7d28e17f72");
    EXPECT_EQ(of(ChecksumAlgorithm::sha1), "a9993e364706816aba3e25717850c26c9cd0d89d");
    EXPECT_EQ(of(ChecksumAlgorithm::sha256),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace
}  // namespace fairlead

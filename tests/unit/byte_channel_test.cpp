#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <thread>

#include "base/byte_channel.hpp"
#include "base/errand.hpp"
#include "support/run.hpp"

namespace fairlead {
namespace {

/// Another thread with a loop.
class OtherThread {
  public:
    OtherThread() : guard_(boost::asio::make_work_guard(context_)), thread_([this] { context_.run(); }) {}
    ~OtherThread() {
        guard_.reset();
        thread_.join();
    }
    boost::asio::any_io_executor executor() { return context_.get_executor(); }

  private:
    boost::asio::io_context context_{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_;
    std::thread thread_;
};

ByteChannel::Bytes bytes(std::size_t size, int value) {
    return ByteChannel::Bytes(size, static_cast<std::byte>(value));
}

TEST(Errand, runs_on_the_other_thread_and_brings_back_what_came_of_it) {
    OtherThread other;
    test::Loop loop;
    const auto here = std::this_thread::get_id();
    const auto there = loop.run([](OtherThread& place) -> awaitable<std::thread::id> {
        std::function<awaitable<std::thread::id>()> ask = []() -> awaitable<std::thread::id> {
            co_return std::this_thread::get_id();
        };
        auto found = co_await run_on<std::thread::id>(place.executor(), ask);
        co_return found;
    }(other));
    EXPECT_NE(here, there);
    std::function<awaitable<void>()> fail = []() -> awaitable<void> {
        throw Error(ErrorCode::no_space, "full");
        co_return;
    };
    try {
        loop.run(run_on(other.executor(), fail));
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.code, ErrorCode::no_space);
    }
}

TEST(Errand, leaves_nothing_of_the_loop_of_who_waited_on_the_other_thread) {
    OtherThread other;
    std::function<awaitable<void>()> nothing = []() -> awaitable<void> { co_return; };
    for (int times = 0; times < 200; ++times) {
        test::Loop loop;
        loop.run(run_on(other.executor(), nothing));
    }
}

TEST(Errand, cancels_the_work_there_and_waits_for_its_end) {
    OtherThread other;
    test::Loop loop;
    std::atomic<bool> waiting = false, ended = false;
    std::function<awaitable<void>()> wait = [&]() -> awaitable<void> {
        struct Until {
            std::atomic<bool>& flag;
            ~Until() { flag = true; }
        } until{ended};
        Event never(co_await boost::asio::this_coro::executor);
        waiting = true;
        co_await never.wait();
    };
    try {
        loop.run_and_cancel(run_on(other.executor(), wait), [&] { return waiting.load(); });
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.code, ErrorCode::cancelled);
    }
    EXPECT_TRUE(ended);
}

TEST(ByteChannel, carries_everything_in_order_and_holds_no_more_than_it_may) {
    OtherThread other;
    test::Loop loop;
    ByteChannel channel(1000);
    std::atomic<std::size_t> written = 0, read = 0, most = 0;
    std::function<awaitable<void>()> write = [&]() -> awaitable<void> {
        for (int i = 0; i < 500; ++i) {
            (void)co_await channel.write(bytes(100, i % 100));
            written += 100;
        }
        channel.finish();
    };
    loop.run([](OtherThread& place, std::function<awaitable<void>()> writing, ByteChannel& from,
                std::atomic<std::size_t>& sent, std::atomic<std::size_t>& came,
                std::atomic<std::size_t>& held) -> awaitable<void> {
        const auto executor = co_await boost::asio::this_coro::executor;
        const auto reading = [&]() -> awaitable<void> {
            for (int i = 0;; ++i) {
                const auto piece = co_await from.read();
                if (piece.empty()) co_return;
                EXPECT_EQ(piece, bytes(100, i % 100));
                came += piece.size();
                held = std::max<std::size_t>(held, sent - std::min<std::size_t>(sent, came));
            }
        };
        // The reader is this thread; the writer starts there when the first read is waiting.
        std::function<awaitable<void>()> both = writing;
        boost::asio::post(executor, [] {});
        struct Done {
            bool writer = false;
        } done;
        boost::asio::co_spawn(executor, run_on(place.executor(), both),
                              [&](std::exception_ptr) { done.writer = true; });
        co_await reading();
        while (!done.writer)
            co_await boost::asio::post(executor, boost::asio::use_awaitable);
    }(other, write, channel, written, read, most));
    EXPECT_EQ(read, 50'000u);
    EXPECT_LE(most, 1'200u);
}

TEST(ByteChannel, tells_the_writer_that_nobody_reads_any_more) {
    test::Loop loop;
    ByteChannel channel(10);
    channel.leave();
    EXPECT_FALSE(loop.run(channel.wait_wanted()));
    EXPECT_FALSE(loop.run(channel.write(bytes(1, 1))));
}

TEST(ByteChannel, gives_what_was_written_before_the_failure) {
    test::Loop loop;
    ByteChannel channel(10);
    EXPECT_TRUE(loop.run(channel.write(bytes(1, 1))));
    channel.fail(Error(ErrorCode::connection_lost, "gone"));
    EXPECT_EQ(loop.run(channel.read()).size(), 1u);
    EXPECT_THROW(loop.run(channel.read()), Error);
}

}  // namespace
}  // namespace fairlead

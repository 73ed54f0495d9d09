#include "base/side_task.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

namespace fairlead {
namespace {

namespace asio = boost::asio;

awaitable<void> wait_for_ever(bool& began) {
    began = true;
    asio::steady_timer timer(co_await asio::this_coro::executor, asio::steady_timer::time_point::max());
    co_await timer.async_wait(asio::use_awaitable);
}

awaitable<void> end_at_once(bool& began) {
    began = true;
    co_return;
}

TEST(SideTask, cancelled_before_its_first_step_it_never_begins) {
    asio::io_context loop(1);
    bool began = false;
    std::exception_ptr failure;
    SideTask task(loop.get_executor(), wait_for_ever(began), [&](auto thrown) { failure = thrown; });
    task.cancel();
    EXPECT_NO_THROW(loop.run());
    EXPECT_FALSE(began);
    ASSERT_TRUE(failure);
    try {
        std::rethrow_exception(failure);
    } catch (const Error& error) {
        EXPECT_EQ(error.code, ErrorCode::cancelled);
    }
}

TEST(SideTask, cancelled_while_it_waits_it_ends) {
    asio::io_context loop(1);
    bool began = false;
    std::exception_ptr failure;
    SideTask task(loop.get_executor(), wait_for_ever(began), [&](auto thrown) { failure = thrown; });
    while (!began)
        loop.run_one();
    task.cancel();
    EXPECT_NO_THROW(loop.run());
    ASSERT_TRUE(failure);
    EXPECT_THROW(std::rethrow_exception(failure), boost::system::system_error);
}

TEST(SideTask, cancelled_after_its_last_step_it_has_succeeded) {
    asio::io_context loop(1);
    bool began = false;
    bool ended = false;
    SideTask task(loop.get_executor(), end_at_once(began), [&](auto thrown) {
        EXPECT_FALSE(thrown);
        ended = true;
    });
    while (!began)
        loop.run_one();
    task.cancel();
    EXPECT_NO_THROW(loop.run());
    EXPECT_TRUE(ended);
}

}  // namespace
}  // namespace fairlead

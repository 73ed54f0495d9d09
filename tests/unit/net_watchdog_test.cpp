#include "net/watchdog.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <optional>

namespace fairlead::net {
namespace {

using namespace std::chrono_literals;

TEST(Watchdog, bites_once_when_the_deadline_has_passed) {
    boost::asio::io_context io;
    int bites = 0;
    Watchdog watchdog(io.get_executor(), [&] { ++bites; });
    const auto deadline = Clock::now() + 5ms;
    watchdog.arm(deadline);
    EXPECT_FALSE(watchdog.fired());
    io.run();
    EXPECT_EQ(bites, 1);
    EXPECT_TRUE(watchdog.fired());
    EXPECT_GE(Clock::now(), deadline);
}

TEST(Watchdog, waits_for_the_later_deadline_when_armed_again) {
    boost::asio::io_context io;
    Deadline bitten{};
    Watchdog watchdog(io.get_executor(), [&] { bitten = Clock::now(); });
    watchdog.arm(2ms);
    const auto later = Clock::now() + 30ms;
    watchdog.arm(later);
    io.run();
    EXPECT_GE(bitten, later);
}

TEST(Watchdog, bites_at_the_earlier_deadline_when_armed_again) {
    boost::asio::io_context io;
    bool bitten = false;
    Watchdog watchdog(io.get_executor(), [&] { bitten = true; });
    watchdog.arm(1h);
    watchdog.arm(2ms);
    io.run_for(30s);
    EXPECT_TRUE(bitten);
}

TEST(Watchdog, does_not_bite_when_disarmed) {
    boost::asio::io_context io;
    bool bitten = false;
    Watchdog watchdog(io.get_executor(), [&] { bitten = true; });
    watchdog.arm(1ms);
    watchdog.disarm();
    io.run();
    EXPECT_FALSE(bitten);
    EXPECT_FALSE(watchdog.fired());
}

TEST(Watchdog, never_bites_for_an_owner_that_is_gone) {
    boost::asio::io_context io;
    bool bitten = false;
    std::optional<Watchdog> watchdog;
    watchdog.emplace(io.get_executor(), [&] { bitten = true; });
    watchdog->arm(Clock::now() - 1ms);  // expired already; its handler waits in the loop
    watchdog.reset();
    io.run();
    EXPECT_FALSE(bitten);
}

}  // namespace
}  // namespace fairlead::net

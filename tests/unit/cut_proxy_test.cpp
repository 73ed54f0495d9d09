#include "support/cut_proxy.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <atomic>
#include <thread>

#include "support/peer_socket.hpp"
#include "support/temporary_folder.hpp"

namespace fairlead::test {
namespace {

using namespace std::chrono_literals;

/// Sends back what it gets, until the client's end; remembers how each conversation ended.
class EchoPeer {
  public:
    explicit EchoPeer(std::string greeting = {}) {
        thread_ = std::thread([this, greeting = std::move(greeting)] {
            while (true) {
                PeerSocket client;
                try {
                    client = listener_.accept(1h);
                } catch (const PeerGone&) {
                    return;
                }
                try {
                    if (!greeting.empty()) client.write(greeting);
                    for (auto piece = client.read_some(); !piece.empty(); piece = client.read_some()) {
                        received_ += piece.size();
                        client.write(piece);
                    }
                    ++ended_;
                } catch (const PeerGone&) {
                    ++broken_;
                }
            }
        });
    }
    ~EchoPeer() {
        listener_.stop();
        thread_.join();
    }

    std::uint16_t port() const { return listener_.port(); }
    std::size_t received() const { return received_; }
    bool wait_for_end() const { return wait_for(ended_); }
    bool wait_for_break() const { return wait_for(broken_); }

  private:
    static bool wait_for(const std::atomic<int>& count) {
        const auto deadline = std::chrono::steady_clock::now() + 10s;
        while (count == 0 && std::chrono::steady_clock::now() < deadline)
            std::this_thread::yield();
        return count > 0;
    }

    PeerListener listener_;
    std::atomic<std::size_t> received_{0};
    std::atomic<int> ended_{0};
    std::atomic<int> broken_{0};
    std::thread thread_;
};

struct CutProxyTest : testing::Test {
    explicit CutProxyTest() : proxy(CutProxy::Target{"127.0.0.1", echo.port(), 0, 0, false}) {}

    PeerSocket connected() { return connect_to(proxy.host(), proxy.port()); }

    /// How much comes back before the connection ends, and whether it ended by a reset.
    static std::pair<std::string, bool> everything_from(PeerSocket& socket) {
        std::string all;
        try {
            for (auto piece = socket.read_some(); !piece.empty(); piece = socket.read_some())
                all += piece;
            return {all, false};
        } catch (const PeerGone&) {
            return {all, true};
        }
    }

    Cut cut(Cut::Kind kind, Cut::Way way, std::uint64_t offset) {
        Cut wanted;
        wanted.channel = Cut::Channel::control;
        wanted.kind = kind;
        wanted.way = way;
        wanted.offset = offset;
        return wanted;
    }

    EchoPeer echo;
    CutProxy proxy;
};

TEST_F(CutProxyTest, passes_everything_both_ways_until_it_is_told_otherwise) {
    const auto bytes = noise(3'000'000);
    auto client = connected();
    std::thread writer([&] {
        client.write(bytes);
        client.shutdown_sending();
    });
    EXPECT_EQ(everything_from(client), std::pair(bytes, false));
    writer.join();
    ASSERT_EQ(proxy.carried().size(), 1u);
    EXPECT_EQ(proxy.carried()[0].to_server, bytes.size());
    EXPECT_EQ(proxy.carried()[0].to_client, bytes.size());
    EXPECT_FALSE(proxy.happened());
}

TEST_F(CutProxyTest, resets_both_ends_at_exactly_the_byte) {
    for (const std::uint64_t offset : {0, 1, 7, 10}) {
        proxy.set(cut(Cut::Kind::reset, Cut::Way::to_client, offset));
        auto client = connected();
        std::string got;
        bool was_reset = false;
        try {
            client.write("0123456789");
            std::tie(got, was_reset) = everything_from(client);
        } catch (const PeerGone&) {
            was_reset = true;  // at offset 0 the reset may come before the write
        }
        EXPECT_EQ(got, std::string("0123456789").substr(0, offset));
        EXPECT_TRUE(was_reset);
        EXPECT_TRUE(proxy.happened());
    }
    EXPECT_TRUE(echo.wait_for_break());
}

TEST_F(CutProxyTest, a_cut_on_the_way_to_the_server_lets_only_the_bytes_before_it_arrive) {
    proxy.set(cut(Cut::Kind::reset, Cut::Way::to_server, 4));
    auto client = connected();
    client.write("0123456789");
    EXPECT_TRUE(everything_from(client).second);
    EXPECT_TRUE(echo.wait_for_break());
    EXPECT_LE(echo.received(), 4u);
}

TEST_F(CutProxyTest, a_finished_way_looks_like_the_peers_own_end_while_the_other_way_goes_on) {
    proxy.set(cut(Cut::Kind::finish, Cut::Way::to_server, 4));
    auto client = connected();
    client.write("0123456789");
    EXPECT_EQ(everything_from(client), std::pair(std::string("0123"), false));
    EXPECT_TRUE(echo.wait_for_end());
    EXPECT_EQ(echo.received(), 4u);
}

TEST_F(CutProxyTest, closing_ends_both_ways_without_a_reset) {
    proxy.set(cut(Cut::Kind::close, Cut::Way::to_client, 4));
    auto client = connected();
    client.write("0123456789");
    EXPECT_EQ(everything_from(client), std::pair(std::string("0123"), false));
    EXPECT_TRUE(echo.wait_for_end());
}

TEST_F(CutProxyTest, a_stalled_way_passes_nothing_more_and_does_not_end) {
    proxy.set(cut(Cut::Kind::stall, Cut::Way::to_client, 4));
    auto client = connected();
    client.write("0123456789");
    std::string got;
    while (got.size() < 4)
        got += client.read_some();
    EXPECT_EQ(got, "0123");
    timeval patience{0, 100'000};
    ::setsockopt(client.descriptor(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    char more = 0;
    EXPECT_EQ(::recv(client.descriptor(), &more, 1, 0), -1);
    EXPECT_TRUE(errno == EAGAIN || errno == EWOULDBLOCK);
    EXPECT_TRUE(proxy.happened());
    proxy.pass_all();  // what was stalled is dropped
    EXPECT_TRUE(everything_from(client).second);
}

TEST_F(CutProxyTest, a_slowed_way_takes_its_time_and_loses_nothing) {
    auto slow = cut(Cut::Kind::slow, Cut::Way::to_client, 1000);
    slow.bytes_per_second = 10'000;
    proxy.set(slow);
    const auto bytes = noise(3000);
    const auto began = std::chrono::steady_clock::now();
    auto client = connected();
    client.write(bytes);
    client.shutdown_sending();
    EXPECT_EQ(everything_from(client), std::pair(bytes, false));
    EXPECT_GE(std::chrono::steady_clock::now() - began, 150ms);
}

TEST_F(CutProxyTest, only_the_chosen_connection_is_cut) {
    auto second = cut(Cut::Kind::reset, Cut::Way::to_client, 2);
    second.nth = 1;
    proxy.set(second);
    for (const bool hit : {false, true, false}) {
        auto client = connected();
        client.write("0123");
        client.shutdown_sending();
        EXPECT_EQ(everything_from(client), std::pair(std::string(hit ? "01" : "0123"), hit));
    }
    second.and_later_ones = true;
    proxy.set(second);
    for (const bool hit : {false, true, true}) {
        auto client = connected();
        client.write("0123");
        client.shutdown_sending();
        EXPECT_EQ(everything_from(client), std::pair(std::string(hit ? "01" : "0123"), hit));
    }
}

TEST_F(CutProxyTest, a_cut_beyond_the_last_byte_never_happens) {
    proxy.set(cut(Cut::Kind::reset, Cut::Way::to_client, 5));
    auto client = connected();
    client.write("0123");
    client.shutdown_sending();
    EXPECT_EQ(everything_from(client), std::pair(std::string("0123"), false));
    EXPECT_FALSE(proxy.happened());
}

TEST_F(CutProxyTest, known_data_ports_are_data_connections_under_the_same_number) {
    EchoPeer data;
    CutProxy both(CutProxy::Target{"127.0.0.1", echo.port(), data.port(), data.port(), false});
    Cut wanted;
    wanted.offset = 3;
    both.set(wanted);
    auto control = connect_to(both.host(), both.port());
    EXPECT_TRUE(both.wait_for_connections(1));
    auto client = connect_to(both.host(), data.port());
    client.write("0123456789");
    EXPECT_EQ(everything_from(client), std::pair(std::string("012"), true));
    control.write("still here");
    control.shutdown_sending();
    EXPECT_EQ(everything_from(control), std::pair(std::string("still here"), false));
    ASSERT_EQ(both.carried().size(), 2u);
    EXPECT_EQ(both.carried()[1].channel, Cut::Channel::data);
}

TEST_F(CutProxyTest, data_ports_can_be_learned_from_replies_in_clear) {
    EchoPeer extended, passive;
    EchoPeer talker("229 Entering Extended Passive Mode (|||" + std::to_string(extended.port()) +
                    "|)\r\n227 Entering Passive Mode (10,0,0,9," + std::to_string(passive.port() / 256) +
                    "," + std::to_string(passive.port() % 256) + ").\r\n");
    CutProxy learning(CutProxy::Target{"127.0.0.1", talker.port(), 0, 0, true});
    auto control = connect_to(learning.host(), learning.port());
    EXPECT_TRUE(control.read_line());
    EXPECT_TRUE(control.read_line());
    for (const auto port : {extended.port(), passive.port()}) {
        auto client = connect_to(learning.host(), port);
        client.write("x");
        EXPECT_EQ(client.read_some(), "x");
    }
}

TEST_F(CutProxyTest, a_server_that_refuses_looks_like_a_reset) {
    CutProxy nobody(CutProxy::Target{"127.0.0.1", refused_port(), 0, 0, false});
    auto client = connect_to(nobody.host(), nobody.port());
    EXPECT_TRUE(everything_from(client).second);
}

}  // namespace
}  // namespace fairlead::test

#include "net/proxy.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <thread>

#include "net/tcp.hpp"
#include "support/peer_socket.hpp"
#include "support/run.hpp"

namespace fairlead::net {
namespace {

using namespace std::string_literals;
using test::PeerListener;
using test::PeerSocket;

Error error_of(const std::function<void()>& action) {
    try {
        action();
    } catch (const Error& error) {
        return error;
    }
    ADD_FAILURE() << "nothing was thrown";
    return Error(ErrorCode::internal, "");
}

/// What a proxy sees and says; afterwards it sends "hello" through the tunnel it pretends to have opened.
class ProxyScript {
  public:
    explicit ProxyScript(std::function<void(PeerSocket&)> script)
        : thread_([this, script = std::move(script)] {
              try {
                  auto client = listener_.accept();
                  script(client);
                  client.write("hello");
                  client.wait_for_close();
              } catch (const test::PeerGone&) {
              }
          }) {}
    ~ProxyScript() {
        listener_.stop();
        thread_.join();
    }
    Endpoint endpoint(const std::string& scheme) const {
        Endpoint endpoint;
        endpoint.host = "files.example.org";
        endpoint.proxy = scheme + "127.0.0.1:" + std::to_string(listener_.port());
        return endpoint;
    }

  private:
    PeerListener listener_;
    std::thread thread_;
};

std::string take(PeerSocket& from, std::size_t count) {
    std::string bytes;
    while (bytes.size() < count)
        bytes += from.read_some(count - bytes.size());
    return bytes;
}

awaitable<std::string> first_bytes(Endpoint endpoint) {
    PeerInfo peer;
    auto socket = co_await connect(endpoint, nullptr, peer);
    std::string bytes(5, '\0');
    socket.non_blocking(false);
    std::size_t got = 0;
    while (got < bytes.size())
        got += socket.read_some(boost::asio::buffer(bytes.data() + got, bytes.size() - got));
    co_return bytes;
}

TEST(Proxy, is_read_from_a_url_with_its_password) {
    const auto proxy = parse_proxy("socks5://me:p%40ss@proxy.example:1081");
    EXPECT_EQ(proxy.kind, Proxy::Kind::socks5);
    EXPECT_EQ(proxy.host, "proxy.example");
    EXPECT_EQ(proxy.port, 1081);
    EXPECT_EQ(proxy.username, "me");
    EXPECT_EQ(proxy.password.reveal(), "p@ss");
    EXPECT_EQ(parse_proxy("http://proxy.example").port, 3128);
}

TEST(Proxy, of_an_unknown_kind_is_refused_without_showing_its_password) {
    const auto error = error_of([] { parse_proxy("gopher://me:topsecret@proxy"); });
    EXPECT_EQ(error.code, ErrorCode::invalid_argument);
    EXPECT_EQ(error.message.find("topsecret"), std::string::npos);
}

TEST(Proxy, by_http_gets_the_name_and_the_login_and_keeps_the_bytes_behind_its_answer) {
    std::string request;
    ProxyScript proxy([&](PeerSocket& client) {
        while (!request.ends_with("\r\n\r\n"))
            request += client.read_some();
        client.write("HTTP/1.1 200 OK\r\nVia: x\r\n\r\n");
    });
    test::Loop loop;
    EXPECT_EQ(loop.run(first_bytes(proxy.endpoint("http://me:secret@"))), "hello");
    EXPECT_EQ(request.substr(0, request.find('\r')), "CONNECT files.example.org:21 HTTP/1.1");
    EXPECT_NE(request.find("Proxy-Authorization: Basic bWU6c2VjcmV0\r\n"), std::string::npos);
}

TEST(Proxy, that_refuses_the_login_is_an_authentication_failure) {
    ProxyScript proxy([&](PeerSocket& client) {
        client.read_some();
        client.write("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
    });
    test::Loop loop;
    const auto error = error_of([&] { loop.run(first_bytes(proxy.endpoint("http://"))); });
    EXPECT_EQ(error.code, ErrorCode::authentication_failed);
    EXPECT_EQ(error.step, "connect");
}

TEST(Proxy, by_socks5_logs_in_and_lets_the_proxy_resolve_the_name) {
    std::string choice, login, request;
    ProxyScript proxy([&](PeerSocket& client) {
        choice = take(client, 4);
        client.write("\x05\x02");
        login = take(client, 1 + 1 + 2 + 1 + 6);
        client.write("\x01\x00"s);
        request = take(client, 4 + 1 + 17 + 2);
        client.write("\x05\x00\x00\x03\x04host\x00\x15"s);
    });
    test::Loop loop;
    EXPECT_EQ(loop.run(first_bytes(proxy.endpoint("socks5://me:secret@"))), "hello");
    EXPECT_EQ(login, "\x01\x02me\x06secret"s);
    EXPECT_EQ(request, "\x05\x01\x00\x03\x11"s + "files.example.org" + "\x00\x15"s);
}

TEST(Proxy, by_socks5_tells_a_refusal_by_the_server_from_its_own_rules) {
    for (const auto& [code, expected] :
         {std::pair('\x05', ErrorCode::connection_refused), std::pair('\x02', ErrorCode::egress_denied),
          std::pair('\x04', ErrorCode::host_unreachable)}) {
        ProxyScript proxy([&, code = code](PeerSocket& client) {
            take(client, 3);
            client.write("\x05\x00"s);
            client.read_some();
            client.write("\x05"s + code + "\x00\x01\x00\x00\x00\x00\x00\x00"s);
        });
        test::Loop loop;
        EXPECT_EQ(error_of([&] { loop.run(first_bytes(proxy.endpoint("socks5://"))); }).code, expected);
    }
}

TEST(Connect, to_a_port_without_listener_names_it_and_is_refused) {
    Endpoint endpoint;
    endpoint.host = "127.0.0.1";
    endpoint.port = test::refused_port();
    test::Loop loop;
    const auto error = error_of([&] { loop.run(first_bytes(endpoint)); });
    EXPECT_EQ(error.code, ErrorCode::connection_refused);
    EXPECT_EQ(error.step, "connect");
    EXPECT_NE(error.message.find("127.0.0.1:" + std::to_string(endpoint.port)), std::string::npos);
}

TEST(Connect, goes_past_an_address_that_refuses) {
    PeerListener listener;
    const auto alive =
        boost::asio::ip::tcp::endpoint(boost::asio::ip::make_address("127.0.0.1"), listener.port());
    const auto dead =
        boost::asio::ip::tcp::endpoint(boost::asio::ip::make_address("127.0.0.2"), test::refused_port());
    test::Loop loop;
    const auto port = loop.run([](auto dead_, auto alive_) -> awaitable<std::uint16_t> {
        std::vector<boost::asio::ip::tcp::endpoint> both{dead_, alive_};
        auto socket =
            co_await connect_any(std::move(both), Clock::now() + std::chrono::seconds(10), "somewhere");
        co_return socket.remote_endpoint().port();
    }(dead, alive));
    EXPECT_EQ(port, listener.port());
}

TEST(Connect, to_a_name_without_address_says_so) {
    Endpoint endpoint;
    endpoint.host = "no-such-host.invalid";
    test::Loop loop;
    const auto error = error_of([&] { loop.run(first_bytes(endpoint)); });
    EXPECT_TRUE(error.code == ErrorCode::name_not_resolved || error.code == ErrorCode::timeout);
    EXPECT_EQ(error.step, "resolve");
}

}  // namespace
}  // namespace fairlead::net

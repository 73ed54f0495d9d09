#include "net/proxy.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <sys/socket.h>

#include <array>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/url/parse.hpp>
#include <cerrno>
#include <charconv>
#include <vector>

#include "base/path.hpp"
#include "net/tcp.hpp"
#include "net/timed_socket.hpp"
#include "net/watchdog.hpp"

namespace fairlead::net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr std::string_view kStep = "connect";

std::string base64(std::string_view text) {
    std::string result((text.size() + 2) / 3 * 4 + 1, '\0');
    const auto length =
        EVP_EncodeBlock(reinterpret_cast<unsigned char*>(result.data()),
                        reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
    result.resize(static_cast<std::size_t>(length));
    return result;
}

/// The few exchanges of a tunnel, over the bare socket and under one deadline for all of them.
class Talk {
  public:
    Talk(tcp::socket& socket, const Proxy& proxy, Deadline deadline)
        : socket_(socket),
          name_(fmt::format("The proxy {}", to_text(proxy.host, proxy.port))),
          watchdog_(socket.get_executor(), [&socket] {
              boost::system::error_code ignored;
              socket.cancel(ignored);
          }) {
        watchdog_.arm(deadline);
    }

    const std::string& name() const noexcept { return name_; }

    awaitable<void> send(std::string_view bytes) {
        while (!bytes.empty()) {
            const auto sent = ::send(socket_.native_handle(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent >= 0)
                bytes.remove_prefix(static_cast<std::size_t>(sent));
            else
                co_await after_failure(errno, tcp::socket::wait_write);
        }
    }

    /// Exactly `count` bytes: what follows belongs to the tunnel.
    awaitable<std::string> receive(std::size_t count) {
        std::string bytes(count, '\0');
        for (std::size_t have = 0; have < count;) {
            const auto got = ::recv(socket_.native_handle(), bytes.data() + have, count - have, 0);
            if (got == 0)
                throw Error(ErrorCode::connection_lost, fmt::format("{} closed the connection.", name_))
                    .at(std::string(kStep));
            if (got > 0)
                have += static_cast<std::size_t>(got);
            else
                co_await after_failure(errno, tcp::socket::wait_read);
        }
        co_return bytes;
    }

  private:
    awaitable<void> after_failure(int error_number, tcp::socket::wait_type what) {
        if (error_number == EINTR) co_return;
        boost::system::error_code error(error_number, boost::system::system_category());
        if (error_number == EAGAIN || error_number == EWOULDBLOCK)
            co_await socket_.async_wait(what, asio::redirect_error(asio::use_awaitable, error));
        if (watchdog_.fired())
            throw Error(ErrorCode::timeout, fmt::format("{} did not open the tunnel in time.", name_))
                .at(std::string(kStep));
        if (error) {
            co_await check_cancelled(kStep);
            throw Error(ErrorCode::connection_lost, fmt::format("{}: {}.", name_, error.message()))
                .at(std::string(kStep));
        }
    }

    tcp::socket& socket_;
    std::string name_;
    Watchdog watchdog_;
};

Error refused(const Talk& talk, std::string_view target, ErrorCode code, std::string_view why) {
    return Error(code, fmt::format("{} did not connect to {}: {}.", talk.name(), target, why))
        .at(std::string(kStep));
}

Error not_logged_in(const Talk& talk) {
    return Error(ErrorCode::authentication_failed, fmt::format("{} refused our log-in.", talk.name()))
        .at(std::string(kStep))
        .hinting("Check user name and password in the connection's proxy.");
}

awaitable<void> http_connect(Talk& talk, const Proxy& proxy, std::string target) {
    auto request = fmt::format("CONNECT {0} HTTP/1.1\r\nHost: {0}\r\n", target);
    if (!proxy.username.empty())
        request += fmt::format("Proxy-Authorization: Basic {}\r\n",
                               base64(fmt::format("{}:{}", proxy.username, proxy.password.reveal())));
    request += "\r\n";
    co_await talk.send(request);

    std::string head;
    while (!head.ends_with("\r\n\r\n") && !head.ends_with("\n\n")) {
        if (head.size() > 16 * 1024)
            throw Error(ErrorCode::protocol_error, fmt::format("{} sent an endless answer.", talk.name()))
                .at(std::string(kStep));
        head += co_await talk.receive(1);
    }
    const auto status_line = head.substr(0, head.find_first_of("\r\n"));
    int status = 0;
    if (const auto space = status_line.find(' ');
        status_line.starts_with("HTTP/1.") && space != std::string::npos)
        std::from_chars(status_line.data() + space + 1, status_line.data() + status_line.size(), status);
    if (status / 100 == 2) co_return;
    if (status == 407) throw not_logged_in(talk).replied(status_line);
    if (status == 403)
        throw refused(talk, target, ErrorCode::egress_denied, "its rules forbid it").replied(status_line);
    if (status / 100 == 5)
        throw refused(talk, target, ErrorCode::host_unreachable, "it cannot reach that host")
            .replied(status_line);
    if (status == 0)
        throw Error(ErrorCode::protocol_error, fmt::format("{} does not speak HTTP.", talk.name()))
            .at(std::string(kStep))
            .replied(status_line);
    throw refused(talk, target, ErrorCode::unsupported, "it does not open tunnels").replied(status_line);
}

/// RFC 1928, section 6.
Error socks_failure(const Talk& talk, std::string_view target, unsigned char code) {
    switch (code) {
        case 2:
            return refused(talk, target, ErrorCode::egress_denied, "its rules forbid it");
        case 3:
            return refused(talk, target, ErrorCode::host_unreachable, "the network is unreachable");
        case 4:
            return refused(talk, target, ErrorCode::host_unreachable, "the host is unreachable or unknown");
        case 5:
            return refused(talk, target, ErrorCode::connection_refused, "the server refused the connection");
        case 6:
            return refused(talk, target, ErrorCode::timeout, "the server did not answer in time");
        default:
            return refused(talk, target, ErrorCode::host_unreachable, fmt::format("SOCKS error {}", code));
    }
}

awaitable<void> socks5_connect(Talk& talk, const Proxy& proxy, std::string host, std::uint16_t port) {
    using namespace std::string_literals;
    const bool with_login = !proxy.username.empty();
    co_await talk.send(with_login ? "\x05\x02\x00\x02"s : "\x05\x01\x00"s);
    const auto choice = co_await talk.receive(2);
    if (choice[0] != 5)
        throw Error(ErrorCode::protocol_error, fmt::format("{} does not speak SOCKS5.", talk.name()))
            .at(std::string(kStep));
    if (choice[1] == 2 && with_login) {  // RFC 1929
        const auto password = proxy.password.reveal();
        if (proxy.username.size() > 255 || password.size() > 255)
            throw Error(ErrorCode::invalid_argument,
                        "User name and password of a SOCKS5 proxy have at most 255 bytes.")
                .at(std::string(kStep));
        auto login = "\x01"s;
        login += static_cast<char>(proxy.username.size());
        login += proxy.username;
        login += static_cast<char>(password.size());
        login += password;
        co_await talk.send(login);
        const auto verdict = co_await talk.receive(2);
        if (verdict[1] != 0) throw not_logged_in(talk);
    } else if (choice[1] != 0) {
        throw not_logged_in(talk);
    }

    auto request = "\x05\x01\x00"s;
    boost::system::error_code not_literal;
    const auto literal = asio::ip::make_address(host, not_literal);
    if (not_literal) {
        if (host.size() > 255) throw Error(ErrorCode::invalid_argument, "A host name has at most 255 bytes.");
        request += '\x03';
        request += static_cast<char>(host.size());
        request += host;
    } else if (literal.is_v4()) {
        const auto bytes = literal.to_v4().to_bytes();
        request.append("\x01").append(bytes.begin(), bytes.end());
    } else {
        const auto bytes = literal.to_v6().to_bytes();
        request.append("\x04").append(bytes.begin(), bytes.end());
    }
    request += static_cast<char>(port >> 8);
    request += static_cast<char>(port & 0xff);
    co_await talk.send(request);

    const auto answer = co_await talk.receive(4);
    if (answer[1] != 0) throw socks_failure(talk, to_text(host, port), static_cast<unsigned char>(answer[1]));
    std::size_t bound = 0;  // the address the proxy bound, which we do not need
    if (answer[3] == 1) bound = 4;
    if (answer[3] == 4) bound = 16;
    if (answer[3] == 3) {
        const auto length = co_await talk.receive(1);
        bound = static_cast<unsigned char>(length[0]);
    }
    co_await talk.receive(bound + 2);
}

[[noreturn]] void bad_proxy(std::string_view problem) {
    Error error(ErrorCode::invalid_argument,
                fmt::format("The proxy of the connection is not usable: {}.", problem));
    error.faults.push_back({"proxy", "", std::string(problem)});
    throw error;
}

}  // namespace

Proxy parse_proxy(std::string_view url) {
    const auto parsed = boost::urls::parse_uri(url);
    if (parsed.has_error())
        bad_proxy("it must look like http://host:port or socks5://user:password@host:port");
    Proxy proxy;
    if (parsed->scheme() == "http") {
        proxy.kind = Proxy::Kind::http;
        proxy.port = 3128;
    } else if (parsed->scheme() == "socks5" || parsed->scheme() == "socks5h") {
        proxy.kind = Proxy::Kind::socks5;
        proxy.port = 1080;
    } else {
        bad_proxy("its kind must be http or socks5");
    }
    proxy.host = parsed->host_address();
    if (proxy.host.empty()) bad_proxy("it has no host");
    if (parsed->has_port() && !parsed->port().empty()) {
        if (parsed->port_number() == 0) bad_proxy("its port must be 1 to 65535");
        proxy.port = parsed->port_number();
    }
    proxy.username = parsed->user();
    proxy.password = Secret(parsed->password());
    path::refuse_control_bytes(proxy.host, "proxy's host");
    return proxy;
}

awaitable<void> open_tunnel(tcp::socket& socket, const Proxy& proxy, std::string_view host,
                            std::uint16_t port, Deadline deadline) {
    path::refuse_control_bytes(host, "host name");
    Talk talk(socket, proxy, deadline);
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
    if (proxy.kind == Proxy::Kind::http)
        co_await http_connect(talk, proxy, to_text(host, port));
    else
        co_await socks5_connect(talk, proxy, std::string(host), port);
}

}  // namespace fairlead::net

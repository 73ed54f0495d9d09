#include "support/raw_http.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/json/parse.hpp>
#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace fairlead::test {

boost::json::value RawAnswer::json() const {
    return boost::json::parse(body);
}

RawHttp::RawHttp(std::uint16_t port, std::chrono::milliseconds patience)
    : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), patience_(patience) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        throw std::runtime_error(fmt::format("connect to port {}: {}", port, std::strerror(errno)));
}

RawHttp::~RawHttp() {
    ::close(socket_);
}

void RawHttp::wait(short events) {
    pollfd wanted{socket_, events, 0};
    if (::poll(&wanted, 1, static_cast<int>(patience_.count())) <= 0)
        throw std::runtime_error("the server did not answer in time; so far it said: " + pending_);
}

RawHttp& RawHttp::send(std::string_view bytes) {
    while (!bytes.empty()) {
        wait(POLLOUT);
        const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno == EAGAIN) continue;
        if (sent < 0) break;  // what the server said before it closed is to be read still
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return *this;
}

void RawHttp::end_sending() {
    ::shutdown(socket_, SHUT_WR);
}

bool RawHttp::more() {
    if (ended_) return false;
    std::array<char, 16 * 1024> buffer;
    wait(POLLIN);
    const auto got = ::recv(socket_, buffer.data(), buffer.size(), 0);
    if (got <= 0) {
        ended_ = true;
        return false;
    }
    pending_.append(buffer.data(), static_cast<std::size_t>(got));
    return true;
}

std::string RawHttp::until(std::string_view text) {
    const auto deadline = std::chrono::steady_clock::now() + patience_;  // what keeps a stream open does not count
    std::size_t at = 0;
    while ((at = pending_.find(text)) == std::string::npos) {
        if (std::chrono::steady_clock::now() > deadline)
            throw std::runtime_error(fmt::format("the server did not say '{}' in time: {}", text, pending_));
        if (!more())
            throw std::runtime_error(fmt::format("the server closed before '{}': {}", text, pending_));
    }
    auto result = pending_.substr(0, at + text.size());
    pending_.erase(0, at + text.size());
    return result;
}

std::string RawHttp::until_end() {
    while (more()) {
    }
    return std::exchange(pending_, {});
}

RawAnswer RawHttp::answer(bool head) {
    RawAnswer answer;
    while (pending_.find("\r\n\r\n") == std::string::npos)
        if (!more()) return answer;
    const auto text = until("\r\n\r\n");
    answer.status = std::stoi(text.substr(text.find(' ') + 1, 3));
    for (std::size_t at = text.find("\r\n") + 2; at < text.size() - 2;) {
        const auto end = text.find("\r\n", at);
        const auto colon = text.find(": ", at);
        auto name = text.substr(at, colon - at);
        for (auto& c : name)
            c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        answer.headers[name] = text.substr(colon + 2, end - colon - 2);
        at = end + 2;
    }
    answer.whole = true;
    if (head || answer.status == 204 || answer.status == 304 || answer.status < 200) return answer;
    if (answer.headers.contains("transfer-encoding")) {
        try {
            for (;;) {
                const auto size = std::stoul(until("\r\n"), nullptr, 16);
                while (pending_.size() < size + 2)
                    if (!more()) throw std::runtime_error("cut");
                answer.body += pending_.substr(0, size);
                pending_.erase(0, size + 2);
                if (size == 0) break;
            }
        } catch (const std::runtime_error&) {
            answer.whole = false;
        }
        return answer;
    }
    const auto length = answer.headers.find("content-length");
    if (length == answer.headers.end()) {
        answer.body = until_end();
        return answer;
    }
    const auto size = std::stoull(length->second);
    while (pending_.size() < size && answer.whole)
        answer.whole = more();
    answer.body = pending_.substr(0, size);
    pending_.erase(0, answer.body.size());
    return answer;
}

RawAnswer http_request(std::uint16_t port, std::string_view method, std::string_view target,
                       std::string_view headers, std::string_view body) {
    RawHttp connection(port);
    auto text =
        fmt::format("{} {} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{}", method, target, headers);
    if (!body.empty() || method == "POST" || method == "PUT" || method == "PATCH")
        text += fmt::format("Content-Length: {}\r\n", body.size());
    connection.send(text + "\r\n").send(body);
    return connection.answer(method == "HEAD");
}

}  // namespace fairlead::test

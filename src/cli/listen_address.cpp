#include "cli/listen_address.hpp"

#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <boost/asio/ip/address.hpp>
#include <charconv>
#include <cstring>

#include "fairlead/error.hpp"

namespace fairlead::cli {
namespace {

namespace ip = boost::asio::ip;

[[noreturn]] void refuse(std::string_view text, std::string_view problem) {
    Error error(ErrorCode::invalid_argument,
                fmt::format("'{}' is no address to listen on: {}.", text, problem));
    error.faults.push_back({"listen", std::string(text), std::string(problem)});
    throw std::move(error).hinting("give an IP address and a port, such as 127.0.0.1:8480 or [::1]:8480");
}

}  // namespace

ListenAddress parse_listen_address(std::string_view text) {
    ListenAddress result;
    const auto colon = text.rfind(':');
    auto host = colon == std::string_view::npos ? std::string_view("127.0.0.1") : text.substr(0, colon);
    const auto port = colon == std::string_view::npos ? text : text.substr(colon + 1);
    const auto [rest, failed] = std::from_chars(port.data(), port.data() + port.size(), result.port);
    if (failed != std::errc() || rest != port.data() + port.size() || port.empty())
        refuse(text, "the port must be a number from 0 to 65535");
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    if (host == "localhost") host = "127.0.0.1";
    boost::system::error_code none;
    const auto address = ip::make_address(std::string(host), none);
    if (none) refuse(text, "the host must be an IP address");
    result.host = address.to_string();
    result.loopback = address.is_loopback();
    return result;
}

ListenAddress address_of_socket(int descriptor) {
    sockaddr_storage storage{};
    socklen_t size = sizeof storage;
    ListenAddress result;
    if (::getsockname(descriptor, reinterpret_cast<sockaddr*>(&storage), &size) != 0) return result;
    ip::address address;
    if (storage.ss_family == AF_INET) {
        sockaddr_in facts{};
        std::memcpy(&facts, &storage, sizeof facts);
        address = ip::address_v4(ntohl(facts.sin_addr.s_addr));
        result.port = ntohs(facts.sin_port);
    } else if (storage.ss_family == AF_INET6) {
        sockaddr_in6 facts{};
        std::memcpy(&facts, &storage, sizeof facts);
        ip::address_v6::bytes_type bytes;
        std::memcpy(bytes.data(), &facts.sin6_addr, bytes.size());
        address = ip::address_v6(bytes);
        result.port = ntohs(facts.sin6_port);
    }
    result.host = address.to_string();
    result.loopback = address.is_loopback();
    return result;
}

}  // namespace fairlead::cli

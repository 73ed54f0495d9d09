#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "fairlead/deadline.hpp"
#include "fairlead/file_system.hpp"
#include "fairlead/secret.hpp"

namespace fairlead::net {

/// A proxy as the connection names it: "http://[user:password@]host[:port]" or "socks5://...".
struct Proxy {
    enum class Kind { http, socks5 };
    Kind kind = Kind::http;
    std::string host;
    std::uint16_t port = 0;  ///< 3128 for http, 1080 for socks5 when the URL has none
    std::string username;
    Secret password;
};

/// Throws invalid_argument. `url` may hold a password: it is never repeated in the message.
Proxy parse_proxy(std::string_view url);

/// Asks the proxy at the other end of `socket` for a tunnel to `host`:`port`; the proxy resolves the name.
/// HTTP CONNECT with Basic authentication (RFC 9110, 9.3.6) or SOCKS5 with user and password (RFC 1928,
/// 1929). Reads not one byte of the tunnel itself. Throws authentication_failed when the proxy refuses us,
/// connection_refused, host_unreachable, name_not_resolved, egress_denied (the proxy's rules) for what it
/// reports of the target, protocol_error, timeout, cancelled.
awaitable<void> open_tunnel(boost::asio::ip::tcp::socket& socket, const Proxy& proxy, std::string_view host,
                            std::uint16_t port, Deadline deadline);

}  // namespace fairlead::net

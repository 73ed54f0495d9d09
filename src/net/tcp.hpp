#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "fairlead/deadline.hpp"
#include "fairlead/endpoint.hpp"
#include "fairlead/file_system.hpp"

namespace fairlead::net {

/// The addresses of a name, or of an IP literal (IPv6 also in brackets), in the order in which they should be
/// tried. Throws name_not_resolved, or timeout at `deadline`: a look-up that hangs is left behind, it never
/// blocks.
awaitable<std::vector<boost::asio::ip::tcp::endpoint>> resolve(std::string_view host, std::uint16_t port,
                                                               Deadline deadline);

/// The first of `addresses` that accepts. They are tried staggered, so that a dead one delays the next only
/// by a fraction of a second (RFC 8305). `target` is what messages call the peer, such as
/// "ftp.example.org:21". The socket is non-blocking, with TCP_NODELAY and SO_KEEPALIVE. Throws
/// connection_refused, host_unreachable, timeout, cancelled.
awaitable<boost::asio::ip::tcp::socket> connect_any(std::vector<boost::asio::ip::tcp::endpoint> addresses,
                                                    Deadline deadline, std::string target);

/// Connects to the endpoint's host, through its proxy if it has one: the steps "resolve" and "connect" of
/// `observer` (may be null). Fills `peer.address`. Each step has `timeouts.connect`.
/// Throws name_not_resolved, connection_refused, host_unreachable, timeout, egress_denied, cancelled.
awaitable<boost::asio::ip::tcp::socket> connect(const Endpoint& endpoint, Observer* observer, PeerInfo& peer);

/// Connects to a further port of a peer that is known already, for FTP data connections, through the
/// endpoint's proxy if it has one. `address` is an IP literal, or with a proxy whatever the proxy can
/// resolve. Takes at most until `deadline`. `same_peer`: it is the host of the endpoint, as its connection
/// that stands has found it, so egress rules with its name are for this too. Throws like `connect`.
awaitable<boost::asio::ip::tcp::socket> connect_to(const Endpoint& endpoint, std::string address,
                                                   std::uint16_t port, Deadline deadline,
                                                   bool same_peer = false);

/// "192.0.2.1:21" or "[2001:db8::1]:21".
std::string to_text(const boost::asio::ip::tcp::endpoint& address);
std::string to_text(std::string_view host, std::uint16_t port);

/// The sentence for a failed connect or a broken connection; `what` is the system's error. `target` as above.
Error connect_error(const boost::system::error_code& what, std::string_view target);

}  // namespace fairlead::net

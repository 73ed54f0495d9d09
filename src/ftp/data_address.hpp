#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ftp/reply.hpp"

namespace fairlead::ftp {

/// Where a data connection goes to.
struct DataAddress {
    std::string host;  ///< a numeric address; empty: the control connection's peer (EPSV)
    std::uint16_t port = 0;
};

/// The address in a 227 reply (RFC 959, 4.1.2): six numbers from 0 to 255, with or without brackets, whatever
/// text stands around them. Throws Error{protocol_error} when there are none or a number is out of range.
DataAddress parse_pasv(const Reply& reply);

/// The port in a 229 reply (RFC 2428): "(|||6446|)" with any delimiter. Throws Error{protocol_error}.
std::uint16_t parse_epsv(const Reply& reply);

/// The argument of PORT: "132,235,1,2,24,131". `address` must be a numeric IPv4 address, or IPv4 mapped into
/// IPv6; throws Error{invalid_argument} else.
std::string port_argument(std::string_view address, std::uint16_t port);

/// The argument of EPRT (RFC 2428): "|1|132.235.1.2|6275|" or "|2|1080::8|5282|". A zone ("%eth0") is left
/// away.
std::string eprt_argument(std::string_view address, std::uint16_t port);

/// Where to connect to. A server may name any host in its PASV reply, by mistake (NAT) or on purpose (to make
/// us connect to somebody else), so the control connection's peer is used, unless `trust_announced` and the
/// announced address can be meant: not 0.0.0.0, and not loopback or private while the peer is public.
DataAddress choose_data_address(const DataAddress& announced, std::string_view control_peer,
                                bool trust_announced);

/// Whether both are the same numeric address (IPv4 mapped into IPv6 counts as IPv4): the rule for accepting
/// an active data connection.
bool same_address(std::string_view a, std::string_view b);

}  // namespace fairlead::ftp

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace fairlead::cli {

/// Where a server listens.
struct ListenAddress {
    std::string host;  ///< an IP address
    std::uint16_t port = 0;
    bool loopback = true;  ///< only this machine reaches it
};

/// "127.0.0.1:8480", "[::1]:8480", "localhost:8480", or a port alone, on loopback. Throws
/// Error{invalid_argument}.
ListenAddress parse_listen_address(std::string_view text);
/// Where a socket listens that was handed over.
ListenAddress address_of_socket(int descriptor);

}  // namespace fairlead::cli

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace fairlead::http {

/// All limits of the server, in one place.
struct Limits {
    std::size_t header_bytes = 32 * 1024;         ///< of one request: its line and header fields
    std::size_t document = 1024 * 1024;           ///< of a content that is taken as a whole, such as JSON
    std::size_t connections = 2048;               ///< open at once; beyond it, the longest idle one gives way
    std::chrono::milliseconds handshake{10'000};  ///< of TLS
    std::chrono::milliseconds header{20'000};   ///< from the first byte of a request to the end of its header
    std::chrono::milliseconds idle{75'000};     ///< between two requests
    std::chrono::milliseconds stalled{60'000};  ///< a client that neither sends nor takes anything
    std::chrono::milliseconds grace{30'000};    ///< after which a content must come at `slowest` at least
    std::uint64_t slowest = 512;              ///< bytes in a second, on average, of a content that is awaited
    std::chrono::milliseconds drain{10'000};  ///< for requests that are under way when the server stops
    std::uint64_t leftover = 256 * 1024;  ///< of a content that nobody wanted, read to save the connection
};

}  // namespace fairlead::http

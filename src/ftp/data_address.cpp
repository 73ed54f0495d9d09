#include "ftp/data_address.hpp"

#include <arpa/inet.h>

#include <fmt/format.h>
#include <array>
#include <charconv>
#include <cstring>

#include "fairlead/error.hpp"
#include "ftp/text_match.hpp"

namespace fairlead::ftp {
namespace {

using text::is_digit;

std::optional<unsigned> number(std::string_view digits, unsigned highest) {
    unsigned value = 0;
    const auto [end, fault] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (fault != std::errc() || end != digits.data() + digits.size() || value > highest) return std::nullopt;
    return value;
}

/// Six numbers that begin at words[at], with commas (or, in the address, dots) and blanks between. Nothing
/// when there are fewer; numbers above 255 are kept so that the caller can complain about them.
std::optional<std::array<unsigned, 6>> six_numbers(std::string_view words, std::size_t at) {
    std::array<unsigned, 6> numbers{};
    for (std::size_t i = 0; i < 6; ++i) {
        if (i > 0) {
            while (at < words.size() && words[at] == ' ')
                ++at;
            if (at >= words.size() || (words[at] != ',' && !(words[at] == '.' && i < 4))) return std::nullopt;
            ++at;
            while (at < words.size() && words[at] == ' ')
                ++at;
        }
        const auto from = at;
        while (at < words.size() && is_digit(words[at]))
            ++at;
        const auto value = number(words.substr(from, at - from), 99'999);
        if (!value) return std::nullopt;
        numbers[i] = *value;
    }
    return numbers;
}

Error bad_reply(const Reply& reply, std::string_view command, std::string_view problem) {
    return Error(ErrorCode::protocol_error, fmt::format("The server's answer to {} {}.", command, problem))
        .at("open data connection")
        .replied(reply.raw());
}

struct Address {
    bool v4 = false;
    std::array<unsigned char, 16> bytes{};  // IPv4 in the first four
};

std::optional<Address> parse_address(std::string_view text) {
    const std::string bare(text.substr(0, text.find('%')));
    Address address;
    in_addr four{};
    in6_addr six{};
    if (inet_pton(AF_INET, bare.c_str(), &four) == 1) {
        address.v4 = true;
        std::memcpy(address.bytes.data(), &four, 4);
        return address;
    }
    if (inet_pton(AF_INET6, bare.c_str(), &six) != 1) return std::nullopt;
    if (IN6_IS_ADDR_V4MAPPED(&six)) {
        address.v4 = true;
        std::memcpy(address.bytes.data(), six.s6_addr + 12, 4);
    } else {
        std::memcpy(address.bytes.data(), six.s6_addr, 16);
    }
    return address;
}

bool unspecified(const Address& address) {
    return address.bytes == std::array<unsigned char, 16>{};
}

/// Loopback, private, link-local, shared (RFC 6598) or unique local: not reachable from the public net.
bool not_public(const Address& address) {
    const auto& b = address.bytes;
    if (address.v4)
        return b[0] == 10 || b[0] == 127 || b[0] == 0 || (b[0] == 172 && (b[1] & 0xf0) == 16) ||
               (b[0] == 192 && b[1] == 168) || (b[0] == 169 && b[1] == 254) ||
               (b[0] == 100 && (b[1] & 0xc0) == 64);
    in6_addr six{};
    std::memcpy(six.s6_addr, b.data(), 16);
    return IN6_IS_ADDR_LOOPBACK(&six) || IN6_IS_ADDR_LINKLOCAL(&six) || (b[0] & 0xfe) == 0xfc;
}

Address required_address(std::string_view text, std::string_view command) {
    auto address = parse_address(text);
    if (!address)
        throw Error(ErrorCode::invalid_argument,
                    fmt::format("'{}' is not a numeric IP address, which {} needs.", text, command));
    return *address;
}

}  // namespace

DataAddress parse_pasv(const Reply& reply) {
    bool out_of_range = false;
    for (std::size_t line = 0; line < reply.lines.size(); ++line) {
        const auto words = reply.line_text(line);
        for (std::size_t at = 0; at < words.size(); ++at) {
            if (!is_digit(words[at]) || (at > 0 && is_digit(words[at - 1]))) continue;
            const auto found = six_numbers(words, at);
            if (!found) continue;
            const auto& n = *found;
            const auto port = n[4] * 256 + n[5];
            bool fits = port != 0;
            for (const auto value : n)
                fits = fits && value <= 255;
            if (fits)
                return {fmt::format("{}.{}.{}.{}", n[0], n[1], n[2], n[3]), static_cast<std::uint16_t>(port)};
            out_of_range = true;
        }
    }
    throw bad_reply(reply, "PASV",
                    out_of_range ? "holds numbers that cannot be an address and a port"
                                 : "does not name an address and a port");
}

std::uint16_t parse_epsv(const Reply& reply) {
    const auto words = reply.text();
    // Between the first bracket and the end first; some servers forget the brackets.
    const auto bracket = words.find('(');
    for (const auto start : {bracket == std::string::npos ? words.size() : bracket + 1, std::size_t{0}}) {
        for (std::size_t at = start; at < words.size(); ++at) {
            const char mark = words[at];
            if (mark <= ' ' || mark > '~' || text::is_digit(mark) ||
                (text::lower(mark) >= 'a' && text::lower(mark) <= 'z'))
                continue;
            // mark protocol mark address mark port mark
            const auto second = words.find(mark, at + 1);
            if (second == std::string::npos) continue;
            const auto third = words.find(mark, second + 1);
            if (third == std::string::npos) continue;
            const auto fourth = words.find(mark, third + 1);
            if (fourth == std::string::npos) continue;
            if (second - at > 2 || words.find(' ', second) < third) continue;
            const auto port = number(std::string_view(words).substr(third + 1, fourth - third - 1), 65'535);
            if (port && *port != 0) return static_cast<std::uint16_t>(*port);
        }
    }
    throw bad_reply(reply, "EPSV", "does not name a port from 1 to 65535");
}

std::string port_argument(std::string_view address, std::uint16_t port) {
    const auto parsed = required_address(address, "PORT");
    if (!parsed.v4)
        throw Error(ErrorCode::invalid_argument,
                    fmt::format("PORT cannot carry the IPv6 address '{}'.", address));
    const auto& b = parsed.bytes;
    return fmt::format("{},{},{},{},{},{}", b[0], b[1], b[2], b[3], port / 256, port % 256);
}

std::string eprt_argument(std::string_view address, std::uint16_t port) {
    const auto parsed = required_address(address, "EPRT");
    std::array<char, INET6_ADDRSTRLEN> text{};
    inet_ntop(parsed.v4 ? AF_INET : AF_INET6, parsed.bytes.data(), text.data(), text.size());
    return fmt::format("|{}|{}|{}|", parsed.v4 ? 1 : 2, text.data(), port);
}

DataAddress choose_data_address(const DataAddress& announced, std::string_view control_peer,
                                bool trust_announced) {
    const DataAddress at_peer{std::string(control_peer), announced.port};
    if (!trust_announced) return at_peer;
    const auto host = parse_address(announced.host);
    if (!host || unspecified(*host)) return at_peer;
    const auto peer = parse_address(control_peer);
    if (not_public(*host) && peer && !not_public(*peer)) return at_peer;
    return announced;
}

bool same_address(std::string_view a, std::string_view b) {
    const auto first = parse_address(a), second = parse_address(b);
    return first && second && first->v4 == second->v4 && first->bytes == second->bytes;
}

}  // namespace fairlead::ftp

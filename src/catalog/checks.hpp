#pragma once

#include <string>
#include <string_view>

/// Checks of single values. Each gives what is wrong with it, as the end of a sentence, or an empty text.
namespace fairlead::catalog {

/// An IPv4 or IPv6 address (with or without brackets), or a host name.
std::string problem_of_host(std::string_view host);
/// A number from `low` to `high`.
std::string problem_of_number(std::string_view text, unsigned low, unsigned high);
/// "SHA256:" and the base64 of 32 bytes, with or without its padding.
std::string problem_of_fingerprint(std::string_view text);
std::string problem_of_charset(const std::string& name);
std::string problem_of_time_zone(const std::string& name);
/// Of the times that a server lists: a time zone, a fixed offset, or "auto".
std::string problem_of_server_zone(const std::string& name);
/// Of a bandwidth limit; empty text is none.
std::string problem_of_rate_schedule(const std::string& text);
/// "http://host:port" or "socks5://host:port", without a password.
std::string problem_of_proxy(std::string_view url);
std::string problem_of_ip_address(std::string_view text);

std::string problem_of_certificates(std::string_view pem);
std::string problem_of_key(std::string_view pem);
/// Whether the private key is the one of the first certificate. Both must be well-formed.
std::string problem_of_pair(std::string_view certificate_pem, std::string_view key_pem);
std::string problem_of_ssh_key(std::string_view text);

/// Whether it holds a CR, LF or NUL, which would reach the server as another command.
bool has_control_bytes(std::string_view text) noexcept;
/// How many characters a UTF-8 text has.
std::size_t count_characters(std::string_view text) noexcept;

/// "[::1]" as "::1"; anything else as it is.
std::string_view without_brackets(std::string_view host) noexcept;

}  // namespace fairlead::catalog

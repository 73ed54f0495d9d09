#include "catalog/checks.hpp"

#include <arpa/inet.h>
#include <date/tz.h>
#include <iconv.h>

#include <fmt/format.h>
#include <algorithm>
#include <boost/url/parse.hpp>
#include <cctype>
#include <charconv>
#include <stdexcept>

#include "base/rate_schedule.hpp"
#include "base/zone_offset.hpp"
#include "fairlead/error.hpp"

namespace fairlead::catalog {
namespace {

bool is_alphanumeric(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 && (c & 0x80) == 0;
}

bool is_ipv6(std::string_view host) {
    in6_addr address{};
    return ::inet_pton(AF_INET6, std::string(host.substr(0, host.find('%'))).c_str(), &address) == 1;
}

bool is_ipv4(std::string_view host) {
    in_addr address{};
    return ::inet_pton(AF_INET, std::string(host).c_str(), &address) == 1;
}

std::string problem_of_label(std::string_view label) {
    if (label.empty()) return "is no host name: a part between two dots is empty";
    if (label.size() > 63) return "is no host name: a part is longer than 63 characters";
    if (label.front() == '-' || label.back() == '-') return "is no host name: a part begins or ends with '-'";
    if (std::ranges::any_of(label, [](char c) { return (c & 0x80) != 0; }))
        return "holds letters outside ASCII; write the name in its xn-- form";
    if (!std::ranges::all_of(label, [](char c) { return is_alphanumeric(c) || c == '-' || c == '_'; }))
        return "is no host name: only letters, digits, '-', '_' and '.' can be in one";
    return {};
}

}  // namespace

std::string_view without_brackets(std::string_view host) noexcept {
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') return host.substr(1, host.size() - 2);
    return host;
}

std::string problem_of_host(std::string_view host) {
    if (host.empty()) return "is missing";
    if (host.find("://") != std::string_view::npos) return "is a URL; give the host alone (or use --url)";
    if (host.front() == '[' && !is_ipv6(without_brackets(host))) return "is no IPv6 address in brackets";
    if (is_ipv6(without_brackets(host))) return {};
    if (const auto colon = host.find(':'); colon != std::string_view::npos) {
        const auto tail = host.substr(colon + 1);
        const bool port =
            !tail.empty() && std::ranges::all_of(tail, [](char c) { return c >= '0' && c <= '9'; });
        return port ? "holds a port; give it in the field port" : "is no IPv6 address and no host name";
    }
    if (host.find('/') != std::string_view::npos)
        return "holds a path; give it in the field workingDirectory";
    if (std::ranges::all_of(host, [](char c) { return (c >= '0' && c <= '9') || c == '.'; }))
        return is_ipv4(host) ? "" : "is no IPv4 address: four numbers from 0 to 255 with dots between";
    if (host.size() > 253) return "is longer than the 253 characters of a host name";
    if (host.ends_with('.')) host.remove_suffix(1);
    for (std::size_t from = 0; from <= host.size();) {
        const auto to = std::min(host.find('.', from), host.size());
        if (auto problem = problem_of_label(host.substr(from, to - from)); !problem.empty()) return problem;
        from = to + 1;
    }
    return {};
}

std::string problem_of_number(std::string_view text, unsigned low, unsigned high) {
    unsigned number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error == std::errc{} && end == text.data() + text.size() && number >= low && number <= high)
        return {};
    return fmt::format("must be a whole number from {} to {}", low, high);
}

std::string problem_of_fingerprint(std::string_view text) {
    constexpr std::string_view kProblem =
        "must be SHA256: and the base64 of 32 bytes, as a test of the connection shows it";
    constexpr std::size_t kDigits = 43;  // of 32 bytes, without the padding
    if (!text.starts_with("SHA256:")) return std::string(kProblem);
    text.remove_prefix(7);
    if (text.size() == kDigits + 1 && text.ends_with('=')) text.remove_suffix(1);
    const bool base64 =
        std::ranges::all_of(text, [](char c) { return is_alphanumeric(c) || c == '+' || c == '/'; });
    // The last digit carries only four bits, so that its lowest two are zero.
    constexpr std::string_view kLast = "AEIMQUYcgkosw048";
    if (text.size() != kDigits || !base64 || kLast.find(text.back()) == std::string_view::npos)
        return std::string(kProblem);
    return {};
}

std::string problem_of_charset(const std::string& name) {
    if (name.empty()) return "must be the name of a character set, such as UTF-8 or ISO-8859-1";
    const auto converter = ::iconv_open("UTF-8", name.c_str());
    if (converter ==
        reinterpret_cast<iconv_t>(-1))  // NOLINT(performance-no-int-to-ptr): iconv's own convention
        return "is no character set that this system knows (iconv -l lists them)";
    ::iconv_close(converter);
    return {};
}

std::string problem_of_time_zone(const std::string& name) {
    if (name == "UTC") return {};  // looking a zone up reads the whole database's folder
    try {
        date::locate_zone(name);
        return {};
    } catch (const std::runtime_error&) {
        return "is no time zone; write it as Europe/Istanbul, America/New_York or UTC";
    }
}

std::string problem_of_server_zone(const std::string& name) {
    if (name == "auto" || parse_zone_offset(name) || problem_of_time_zone(name).empty()) return {};
    return "is no time zone; write it as Europe/Istanbul, UTC, +03:00, or auto to have it found out";
}

std::string problem_of_rate_schedule(const std::string& text) {
    if (text.empty()) return {};
    try {
        (void)RateSchedule::parse(text);
        return {};
    } catch (const Error& error) {
        const auto& fault = error.faults.front();
        return fmt::format("holds '{}': {}", fault.value, fault.problem);
    }
}

std::string problem_of_proxy(std::string_view url) {
    const auto parsed = boost::urls::parse_uri(url);
    if (!parsed || (parsed->scheme() != "http" && parsed->scheme() != "socks5") || parsed->host().empty())
        return "must be http://HOST:PORT or socks5://HOST:PORT";
    if (parsed->has_password())
        return "holds a password; give it in the field proxyPassword (--proxy-password-env)";
    if (!parsed->has_port() || parsed->port_number() == 0) return "needs a port, such as http://proxy:3128";
    if (!parsed->encoded_path().empty() && parsed->encoded_path() != "/") return "must not have a path";
    return {};
}

std::string problem_of_ip_address(std::string_view text) {
    return is_ipv4(text) || is_ipv6(text) ? "" : "must be an IPv4 or IPv6 address";
}

bool has_control_bytes(std::string_view text) noexcept {
    return text.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos;
}

std::size_t count_characters(std::string_view text) noexcept {
    return static_cast<std::size_t>(
        std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

}  // namespace fairlead::catalog

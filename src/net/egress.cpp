#include "net/egress.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>
#include <charconv>
#include <cstring>
#include <optional>

namespace fairlead::net {
namespace {

namespace ip = boost::asio::ip;

/// An IPv4 network counts as part of ::ffff:0:0/96, so that one comparison does for both.
struct Network {
    ip::address_v6::bytes_type bytes{};
    unsigned length = 128;

    bool holds(const ip::address_v6::bytes_type& other) const {
        const auto whole = length / 8;
        if (!std::equal(bytes.begin(), bytes.begin() + whole, other.begin())) return false;
        const auto rest = length % 8;
        if (rest == 0) return true;
        const auto mask = static_cast<unsigned char>(0xff << (8 - rest));
        return ((bytes[whole] ^ other[whole]) & mask) == 0;
    }
    bool holds(const Network& other) const { return other.length >= length && holds(other.bytes); }
};

/// An address as 16 bytes. IPv4 that is written as IPv6 (mapped, or behind NAT64) is the IPv4 address that is
/// dialled.
ip::address_v6::bytes_type bytes_of(const ip::address& address) {
    if (address.is_v4()) return ip::make_address_v6(ip::v4_mapped, address.to_v4()).to_bytes();
    auto bytes = address.to_v6().to_bytes();
    constexpr std::array<unsigned char, 12> kNat64{0, 0x64, 0xff, 0x9b};
    if (std::equal(kNat64.begin(), kNat64.end(), bytes.begin())) {
        std::fill_n(bytes.begin(), 10, 0);
        bytes[10] = bytes[11] = 0xff;
    }
    return bytes;
}

std::optional<Network> parse_network(std::string_view text) {
    const auto slash = text.find('/');
    auto host = text.substr(0, slash);
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    boost::system::error_code none;
    const auto address = ip::make_address(std::string(host), none);
    if (none) return std::nullopt;
    Network network{bytes_of(address), 128};
    if (slash == std::string_view::npos) return network;
    const auto length = text.substr(slash + 1);
    unsigned bits = 0;
    const auto [rest, failed] = std::from_chars(length.data(), length.data() + length.size(), bits);
    const unsigned most = address.is_v4() ? 32 : 128;
    if (failed != std::errc() || rest != length.data() + length.size() || length.empty() || bits > most)
        return std::nullopt;
    network.length = address.is_v4() ? 96 + bits : bits;
    return network;
}

std::string lower(std::string_view text) {
    std::string result(text);
    for (auto& c : result)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    while (result.ends_with('.'))
        result.pop_back();
    return result;
}

bool is_name(std::string_view text) {
    if (text.starts_with("*.")) text.remove_prefix(2);
    return !text.empty() && text.size() <= 253 && std::ranges::all_of(text, [](unsigned char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' ||
               c >= 0x80;
    });
}

struct RuleList {
    std::vector<Network> networks;
    std::vector<std::string> names;

    RuleList(const std::vector<std::string>& rules, std::string_view option) {
        for (const auto& rule : rules) {
            const auto name = lower(rule);
            if (const auto network = parse_network(rule)) {
                networks.push_back(*network);
            } else if (rule.find('/') == std::string::npos && is_name(name)) {
                names.push_back(name);
            } else {
                Error error(ErrorCode::invalid_argument,
                            fmt::format("'{}' is neither a network nor the name of a host.", rule));
                error.faults.push_back(
                    {std::string(option), rule,
                     "must be a network (10.0.0.0/8), an address, a host name or *.domain"});
                throw error;
            }
        }
    }

    bool empty() const { return networks.empty() && names.empty(); }
    bool has(const ip::address_v6::bytes_type& address) const {
        return std::ranges::any_of(networks, [&](const Network& network) { return network.holds(address); });
    }
    bool has(std::string_view host) const {
        const auto name = lower(host);
        return std::ranges::any_of(names, [&](const std::string& rule) {
            return rule.starts_with("*.") ? name.ends_with(std::string_view(rule).substr(1)) : name == rule;
        });
    }
};

struct Reserved {
    Network network;
    std::string_view what;
};

const std::vector<Reserved>& reserved() {
    static const std::vector<Reserved> all = [] {
        std::vector<Reserved> list;
        const auto add = [&list](std::string_view text, std::string_view what) {
            list.push_back({*parse_network(text), what});
        };
        add("169.254.0.0/16", "it is a link-local address, where cloud metadata lies");
        add("fe80::/10", "it is a link-local address");
        add("fd00:ec2::254", "it is a cloud metadata service");
        add("fd20:ce::254", "it is a cloud metadata service");
        add("100.100.100.200", "it is a cloud metadata service");
        add("192.0.0.192", "it is a cloud metadata service");
        add("168.63.129.16", "it is a cloud metadata service");
        add("0.0.0.0/8", "it is no address of a server");
        add("::", "it is no address of a server");
        return list;
    }();
    return all;
}

std::atomic<std::shared_ptr<const EgressPolicy>>& current() {
    static std::atomic<std::shared_ptr<const EgressPolicy>> policy;
    return policy;
}

}  // namespace

struct EgressPolicy::Rules {
    RuleList allow, deny;
};

EgressPolicy::EgressPolicy(const std::vector<std::string>& allow, const std::vector<std::string>& deny)
    : rules_(new Rules{RuleList(allow, "egress-allow"), RuleList(deny, "egress-deny")}) {}

EgressPolicy::~EgressPolicy() = default;

std::string EgressPolicy::refusal(std::string_view host, const ip::address& address) const {
    const auto bytes = bytes_of(address);
    if (rules_->deny.has(bytes) || rules_->deny.has(host))
        return "it is one of those that --egress-deny names";
    for (const auto& one : reserved()) {
        if (!one.network.holds(bytes)) continue;
        const bool meant = std::ranges::any_of(rules_->allow.networks, [&](const Network& network) {
            return one.network.holds(network) && network.holds(bytes);
        });
        if (!meant) return std::string(one.what);
    }
    if (rules_->allow.empty() || rules_->allow.has(bytes) || rules_->allow.has(host)) return {};
    return "it is none of those that --egress-allow names";
}

std::string EgressPolicy::refusal_through_proxy(std::string_view host) const {
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    boost::system::error_code none;
    const auto address = ip::make_address(std::string(host), none);
    if (!none) return refusal(host, address);
    if (rules_->deny.has(host)) return "it is one of those that --egress-deny names";
    const auto name = lower(host);
    if (name == "metadata.google.internal" || name == "metadata") return "it is a cloud metadata service";
    if (rules_->allow.empty() || rules_->allow.has(host)) return {};
    return "it is none of the names that --egress-allow has, and its address is known to the proxy only";
}

void set_egress_policy(std::shared_ptr<const EgressPolicy> policy) {
    current().store(std::move(policy));
}

std::shared_ptr<const EgressPolicy> egress_policy() {
    return current().load();
}

Error egress_denied(std::string_view target, std::string_view why) {
    return Error(ErrorCode::egress_denied,
                 fmt::format("The rules of this daemon forbid connecting to {}: {}.", target, why))
        .at("connect")
        .hinting("whoever runs the daemon can change its --egress-allow and --egress-deny");
}

}  // namespace fairlead::net

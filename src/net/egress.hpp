#pragma once

#include <boost/asio/ip/address.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "fairlead/error.hpp"

namespace fairlead::net {

/// Which hosts and networks this process may dial. Asked with the address itself at each dial, after the name
/// has been looked up, so that a name cannot be pointed elsewhere between a check and its use.
///
/// Refused are what `deny` names; what `allow` does not name, if it names anything; and, unless `allow` names
/// that very network or a part of it, the addresses that lead to what no user means: link-local ones, those
/// of cloud metadata services, and "this host" (0.0.0.0).
class EgressPolicy {
  public:
    /// Rules are networks ("10.0.0.0/8", "2001:db8::/32"), addresses, host names, or names with a star at the
    /// front
    /// ("*.partner.example"). Throws Error{invalid_argument} naming `egress-allow` or `egress-deny`.
    EgressPolicy(const std::vector<std::string>& allow, const std::vector<std::string>& deny);
    ~EgressPolicy();

    /// Why a dial is refused; empty: it is not. `host` is the name (or address) that was asked for.
    std::string refusal(std::string_view host, const boost::asio::ip::address& address) const;
    /// The same for a name that a proxy will look up, where no address is known here: judged by the name
    /// alone, so that with an `allow` of networks only, names are refused.
    std::string refusal_through_proxy(std::string_view host) const;

  private:
    struct Rules;
    std::unique_ptr<Rules> rules_;
};

/// From now on every dial of this process asks the policy; null: all are allowed.
void set_egress_policy(std::shared_ptr<const EgressPolicy> policy);
std::shared_ptr<const EgressPolicy> egress_policy();

/// The error of a refused dial.
Error egress_denied(std::string_view target, std::string_view why);

}  // namespace fairlead::net

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "fairlead/endpoint.hpp"

namespace fairlead::sftp {

/// What is offered in the SSH key exchange: comma-separated names, best first.
struct Algorithms {
    std::string ciphers;
    std::string key_exchanges;
    std::string macs;
    std::string host_keys;
    std::string user_keys;  ///< signatures of our own keys
};

/// The connection's own lists where it has any, ours otherwise; `legacy` adds the old ones at the end.
Algorithms choose_algorithms(const SftpOptions& options);

/// `host_keys` with what verifies keys of the given types (as known_hosts names them) first, so that a server
/// with several keys shows the one that is known.
std::string known_types_first(std::string_view host_keys, const std::vector<std::string>& known_types);

/// The algorithm families of a host key list, one list per kind of key: "ssh-ed25519",
/// "rsa-sha2-512,rsa-sha2-256".
std::vector<std::string> by_key_type(std::string_view host_keys);

/// The type of key that a signature algorithm is made with: "ssh-rsa" for "rsa-sha2-512", else the name
/// itself.
std::string_view key_type_of(std::string_view algorithm);

}  // namespace fairlead::sftp

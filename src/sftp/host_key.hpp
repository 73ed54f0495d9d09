#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "fairlead/endpoint.hpp"
#include "fairlead/error.hpp"

namespace fairlead::sftp {

/// A host key, as people compare it.
struct HostKey {
    std::string type;         ///< such as "ssh-ed25519", as known_hosts names it
    std::string fingerprint;  ///< "SHA256:..."
};

/// A key that a known_hosts file holds for a host.
struct KnownHostKey {
    HostKey key;
    std::string where;     ///< "file:line"
    bool revoked = false;  ///< marked @revoked: never to be accepted
};

/// The known_hosts files to look into: the connection's own, or the user's and the system's.
std::vector<std::string> known_hosts_files(const SftpOptions& options);

/// The keys that known_hosts files hold for a host and port: plain, "[host]:port" and hashed names. Lines
/// that cannot be read are passed over, files that do not exist too.
std::vector<KnownHostKey> read_known_hosts(const std::vector<std::string>& files, const std::string& host,
                                           std::uint16_t port);

/// Decides whether the key that a server showed is the right one. Pure. Returns whether it is new, that is:
/// accepted on first use. Throws host_key_mismatch when another key was expected, host_key_unknown when none
/// is known; the message shows the fingerprints, the hint the option that would accept the key.
bool check_host_key(const HostKey& shown, const std::vector<KnownHostKey>& known, const SftpOptions& options,
                    std::string_view target);

}  // namespace fairlead::sftp

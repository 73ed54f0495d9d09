#pragma once

#include <memory>
#include <optional>
#include <string>

#include "catalog/connection.hpp"

namespace CLI {
class App;
}

namespace fairlead::cli {

/// The flags that say how to reach a server, as they were given. One group for `connection create`, `update`
/// and `test`, and (fewer of them) for every verb that takes a location.
class ConnectionFlags {
  public:
    catalog::ConnectionPatch patch;  ///< what flags set directly
    std::string url;
    bool password_stdin = false;
    std::string password_env, password_file, passphrase_env, proxy_password_env;
    std::string tls_ca, tls_certificate, tls_key, key_file;  ///< paths of files

    /// Everything that was given as one change: reads the password from standard input (all of it, less one
    /// line end), variable or file, and the certificate and key files. Flags win over what --url says. Where
    /// no flag names a password, $FAIRLEAD_PASSWORD counts, unless `ambient_password` is false. Throws
    /// Error{invalid_argument} naming the flag whose source cannot be read. Reads standard input once; later
    /// calls give the same.
    const catalog::ConnectionPatch& resolve(bool ambient_password = true) const;

  private:
    mutable std::optional<catalog::ConnectionPatch> resolved_;
};

/// Every flag of the contract, for verbs that define a connection.
std::shared_ptr<ConnectionFlags> add_connection_options(CLI::App& verb);

/// The flags that make sense while using a location: password, time-outs, trust, keys.
std::shared_ptr<ConnectionFlags> add_session_options(CLI::App& verb);

}  // namespace fairlead::cli

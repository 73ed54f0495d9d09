#pragma once

#include <optional>
#include <string>

#include "fairlead/secret.hpp"

namespace fairlead::catalog {

/// Where the key that encrypts secrets comes from, in this order: $FAIRLEAD_KEY (base64 or hexadecimal, 32
/// bytes), the systemd credential fairlead.key ($CREDENTIALS_DIRECTORY), the file secret.key in the data
/// directory.
struct SecretKey {
    Secret key;          ///< 32 raw bytes
    std::string source;  ///< for messages: "$FAIRLEAD_KEY", or the file's path
};

/// The key, or nothing when there is none yet. Throws Error{invalid_argument} for a malformed key and
/// Error{permission_denied} for a key file that others can read.
std::optional<SecretKey> find_secret_key(const std::string& data_directory);

/// Makes secret.key with mode 0600 from the system's random source. When another process makes one at the
/// same time, both use the same.
SecretKey make_secret_key(const std::string& data_directory);

}  // namespace fairlead::catalog

#pragma once

#include <string>
#include <vector>

#include "fairlead/secret.hpp"

namespace fairlead::catalog {

/// A key that secrets are, or are about to be, encrypted with.
struct SecretKey {
    Secret key;           ///< 32 raw bytes
    std::string source;   ///< for messages: "$FAIRLEAD_KEY", or the file's path
    bool is_next = false; ///< the one of a rotation: in force once the store says so
    bool is_ours = false; ///< in a file that Fairlead makes and replaces itself
};

/// The keys that there are, from the first of these places that has one: $FAIRLEAD_KEY (base64 or hexadecimal,
/// 32 bytes), with $FAIRLEAD_NEW_KEY as the next; the systemd credential fairlead.key ($CREDENTIALS_DIRECTORY),
/// with fairlead.new-key as the next; the file secret.key in the data directory, with secret.key.next as the
/// next. Throws Error{invalid_argument} for a malformed key and Error{permission_denied} for a key file that
/// others can read.
std::vector<SecretKey> find_secret_keys(const std::string& data_directory);

/// Makes secret.key with mode 0600 from the system's random source. When another process makes one at the
/// same time, both use the same.
SecretKey make_secret_key(const std::string& data_directory);

/// Makes secret.key.next, in place of one that is left over, safely on disk when this returns. The key is
/// that of $FAIRLEAD_NEW_KEY where it is set, else a random one.
SecretKey make_next_secret_key(const std::string& data_directory);
/// Puts secret.key.next in the place of secret.key, in one step; nothing when there is none.
void adopt_next_secret_key(const std::string& data_directory);
void forget_next_secret_key(const std::string& data_directory) noexcept;

}  // namespace fairlead::catalog

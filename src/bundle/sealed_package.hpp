#pragma once

#include <string>
#include <string_view>

#include "bundle/archive.hpp"
#include "fairlead/secret.hpp"

namespace fairlead::bundle {

/// A package encrypted as a whole, names included: Argon2id makes a key of the passphrase, XChaCha20-Poly1305
/// encrypts. It is a ZIP file itself, of a header that says how (and is bound in) and the ciphertext. Takes
/// 256 MiB of memory and about a second, so that guessing passphrases is costly; call it on a thread that may
/// block. Throws Error{invalid_argument} for an empty passphrase.
std::string seal_package(std::string_view package, const Secret& passphrase);

bool is_sealed(const Archive& archive);

/// The package inside. Throws Error{invalid_argument} for a wrong passphrase or changed bytes (which
/// cannot be told apart), and for a header that is malformed, of a newer version, or asks for more work than
/// is sensible.
std::string open_package(const Archive& archive, const Secret& passphrase);

}  // namespace fairlead::bundle

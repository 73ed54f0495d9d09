#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "fairlead/secret.hpp"

namespace fairlead::catalog {

/// Encrypts secrets at rest: XChaCha20-Poly1305 with a random nonce. What a secret belongs to (record id and
/// field) is bound in as associated data, so that one cannot be put in the place of another.
class SecretBox {
  public:
    static constexpr std::size_t kKeyBytes = 32;

    /// `key` holds kKeyBytes raw bytes. Throws Error{internal} otherwise.
    explicit SecretBox(Secret key);

    std::string seal(const Secret& secret, std::string_view record_id, std::string_view field) const;
    /// Throws Error{internal} when the bytes were not made with this key for this record and field.
    Secret open(std::string_view sealed, std::string_view record_id, std::string_view field) const;

    /// Tells keys apart without saying anything about them: 16 hexadecimal digits.
    std::string key_id() const;

  private:
    Secret key_;
};

}  // namespace fairlead::catalog

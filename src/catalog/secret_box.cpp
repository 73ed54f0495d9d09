#include "catalog/secret_box.hpp"

#include <sodium.h>

#include <fmt/format.h>

#include "fairlead/error.hpp"

namespace fairlead::catalog {
namespace {

constexpr char kFormat = 1;  // the first byte of what is sealed: which construction made it
constexpr std::size_t kNonceBytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t kTagBytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;
static_assert(SecretBox::kKeyBytes == crypto_aead_xchacha20poly1305_ietf_KEYBYTES);

const unsigned char* bytes(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* bytes(std::string& text) {
    return reinterpret_cast<unsigned char*>(text.data());
}

// NUL cannot be in an id, so that no other pair of id and field gives the same text.
std::string associated_data(std::string_view record_id, std::string_view field) {
    return std::string(record_id) + '\0' + std::string(field);
}

}  // namespace

SecretBox::SecretBox(Secret key) : key_(std::move(key)) {
    if (sodium_init() < 0 || key_.reveal().size() != kKeyBytes)
        throw Error(ErrorCode::internal, "The secret key does not have 32 bytes.");
}

std::string SecretBox::seal(const Secret& secret, std::string_view record_id, std::string_view field) const {
    const auto text = secret.reveal();
    const auto about = associated_data(record_id, field);
    std::string sealed(1 + kNonceBytes + text.size() + kTagBytes, '\0');
    sealed[0] = kFormat;
    auto* nonce = bytes(sealed) + 1;
    randombytes_buf(nonce, kNonceBytes);
    crypto_aead_xchacha20poly1305_ietf_encrypt(nonce + kNonceBytes, nullptr, bytes(text), text.size(),
                                               bytes(about), about.size(), nullptr, nonce,
                                               bytes(key_.reveal()));
    return sealed;
}

Secret SecretBox::open(std::string_view sealed, std::string_view record_id, std::string_view field) const {
    const auto about = associated_data(record_id, field);
    if (sealed.size() >= 1 + kNonceBytes + kTagBytes && sealed[0] == kFormat) {
        const auto* nonce = bytes(sealed) + 1;
        const auto cipher = sealed.substr(1 + kNonceBytes);
        std::string text(cipher.size() - kTagBytes, '\0');
        const auto failed = crypto_aead_xchacha20poly1305_ietf_decrypt(
            bytes(text), nullptr, nullptr, bytes(cipher), cipher.size(), bytes(about), about.size(), nonce,
            bytes(key_.reveal()));
        Secret secret(text);
        sodium_memzero(text.data(), text.size());
        if (failed == 0) return secret;
    }
    throw Error(
        ErrorCode::internal,
        fmt::format("The stored {} cannot be decrypted: it was changed, or encrypted with another key.",
                    field))
        .hinting("enter the secret again");
}

std::string SecretBox::key_id() const {
    constexpr std::string_view kPurpose = "fairlead key id";
    std::array<unsigned char, crypto_generichash_BYTES_MIN> hash{};
    crypto_generichash(hash.data(), hash.size(), bytes(kPurpose), kPurpose.size(), bytes(key_.reveal()),
                       kKeyBytes);
    std::string text;
    for (std::size_t i = 0; i < 8; ++i)
        text += fmt::format("{:02x}", hash[i]);
    return text;
}

}  // namespace fairlead::catalog

#include "bundle/sealed_package.hpp"

#include <sodium.h>

#include <fmt/format.h>
#include <array>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include "fairlead/error.hpp"

namespace fairlead::bundle {
namespace {

namespace json = boost::json;

constexpr auto kHeader = "fairlead-sealed.json";
constexpr auto kContent = "package.sealed";
constexpr auto kFormat = "fairlead-sealed";
constexpr std::int64_t kVersion = 1;
constexpr std::size_t kLargestHeader = 4096;
constexpr std::size_t kNonceBytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t kTagBytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;
constexpr std::size_t kKeyBytes = crypto_aead_xchacha20poly1305_ietf_KEYBYTES;
// A header may ask for more work than we do, but not for the machine.
constexpr std::int64_t kMostWork = 16;
constexpr std::int64_t kMostMemory = std::int64_t{1024} * 1024 * 1024;

const unsigned char* bytes(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* bytes(std::string& text) {
    return reinterpret_cast<unsigned char*>(text.data());
}

/// How the key is made and the package encrypted.
struct Parameters {
    std::int64_t work = crypto_pwhash_OPSLIMIT_MODERATE;
    std::int64_t memory = crypto_pwhash_MEMLIMIT_MODERATE;
    std::string salt = std::string(crypto_pwhash_SALTBYTES, '\0');
    std::string nonce = std::string(kNonceBytes, '\0');
};

std::string to_base64(std::string_view raw) {
    std::string text(sodium_base64_ENCODED_LEN(raw.size(), sodium_base64_VARIANT_ORIGINAL), '\0');
    sodium_bin2base64(text.data(), text.size(), bytes(raw), raw.size(), sodium_base64_VARIANT_ORIGINAL);
    text.pop_back();  // the NUL
    return text;
}

std::string header_of(const Parameters& parameters) {
    return json::serialize(json::object{{"format", kFormat},
                                        {"version", kVersion},
                                        {"keyDerivation", "argon2id13"},
                                        {"work", parameters.work},
                                        {"memory", parameters.memory},
                                        {"salt", to_base64(parameters.salt)},
                                        {"cipher", "xchacha20-poly1305"},
                                        {"nonce", to_base64(parameters.nonce)}}) +
           "\n";
}

Error malformed(std::string_view what) {
    return Error(ErrorCode::invalid_argument,
                 fmt::format("The encrypted package is damaged: its {} is missing or malformed.", what));
}

Error wrong_passphrase() {
    Error error(ErrorCode::invalid_argument,
                "The encrypted package cannot be opened. Nothing was imported.");
    error.faults.push_back({"passphrase", "", "is wrong, or the package was changed"});
    return error;
}

std::string member(const json::object& header, std::string_view name) {
    const auto* value = header.if_contains(name);
    if (value == nullptr || !value->is_string()) throw malformed(name);
    return std::string(value->get_string());
}

std::int64_t number(const json::object& header, std::string_view name, std::int64_t low, std::int64_t high) {
    const auto* value = header.if_contains(name);
    if (value == nullptr || !value->is_int64() || value->get_int64() < low || value->get_int64() > high)
        throw malformed(name);
    return value->get_int64();
}

void decode(const json::object& header, std::string_view name, std::string& target) {
    const auto text = member(header, name);
    std::size_t size = 0;
    if (sodium_base642bin(bytes(target), target.size(), text.data(), text.size(), nullptr, &size, nullptr,
                          sodium_base64_VARIANT_ORIGINAL) != 0 ||
        size != target.size())
        throw malformed(name);
}

Parameters read_header(const std::string& text) {
    boost::system::error_code failed;
    const auto document = json::parse(text, failed);
    if (failed || !document.is_object()) throw malformed("header");
    const auto& header = document.get_object();
    if (member(header, "format") != kFormat) throw malformed("format");
    const auto version = number(header, "version", 1, INT64_MAX);
    if (version > kVersion)
        throw Error(ErrorCode::invalid_argument,
                    fmt::format("The encrypted package has version {}; this Fairlead reads up to {}.", version,
                                kVersion))
            .hinting("import it with a newer Fairlead");
    if (member(header, "keyDerivation") != "argon2id13") throw malformed("keyDerivation");
    if (member(header, "cipher") != "xchacha20-poly1305") throw malformed("cipher");
    Parameters parameters;
    parameters.work = number(header, "work", crypto_pwhash_OPSLIMIT_MIN, kMostWork);
    parameters.memory = number(header, "memory", crypto_pwhash_MEMLIMIT_MIN, kMostMemory);
    decode(header, "salt", parameters.salt);
    decode(header, "nonce", parameters.nonce);
    return parameters;
}

Secret key_of(const Secret& passphrase, const Parameters& parameters) {
    if (passphrase.empty())
        throw Error(ErrorCode::invalid_argument, "The passphrase of a package must not be empty.");
    if (sodium_init() < 0) throw Error(ErrorCode::internal, "The cryptographic library does not start.");
    std::array<unsigned char, kKeyBytes> key{};
    const auto text = passphrase.reveal();
    if (crypto_pwhash(key.data(), key.size(), text.data(), text.size(), bytes(parameters.salt),
                      static_cast<unsigned long long>(parameters.work),
                      static_cast<std::size_t>(parameters.memory), crypto_pwhash_ALG_ARGON2ID13) != 0)
        throw Error(ErrorCode::internal,
                    fmt::format("There is not enough memory to make a key of the passphrase ({} MiB).",
                                parameters.memory / 1024 / 1024));
    Secret secret(std::string_view(reinterpret_cast<const char*>(key.data()), key.size()));
    sodium_memzero(key.data(), key.size());
    return secret;
}

}  // namespace

std::string seal_package(std::string_view package, const Secret& passphrase) {
    Parameters parameters;
    randombytes_buf(parameters.salt.data(), parameters.salt.size());
    randombytes_buf(parameters.nonce.data(), parameters.nonce.size());
    const auto key = key_of(passphrase, parameters);
    const auto header = header_of(parameters);
    std::string sealed(package.size() + kTagBytes, '\0');
    crypto_aead_xchacha20poly1305_ietf_encrypt(bytes(sealed), nullptr, bytes(package), package.size(),
                                               bytes(header), header.size(), nullptr, bytes(parameters.nonce),
                                               bytes(key.reveal()));
    return write_archive({{kHeader, header}, {kContent, std::move(sealed)}});
}

bool is_sealed(const Archive& archive) {
    return archive.contains(kHeader);
}

std::string open_package(const Archive& archive, const Secret& passphrase) {
    const auto header = archive.read(kHeader, kLargestHeader);
    const auto parameters = read_header(header);
    const auto sealed = archive.read(kContent, kLargestPackage);
    if (sealed.size() < kTagBytes) throw malformed("content");
    const auto key = key_of(passphrase, parameters);
    std::string package(sealed.size() - kTagBytes, '\0');
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(bytes(package), nullptr, nullptr, bytes(sealed),
                                                   sealed.size(), bytes(header), header.size(),
                                                   bytes(parameters.nonce), bytes(key.reveal())) != 0)
        throw wrong_passphrase();
    return package;
}

}  // namespace fairlead::bundle

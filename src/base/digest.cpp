#include "base/digest.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>
#include <boost/crc.hpp>

namespace fairlead {
namespace {

const EVP_MD* method_of(ChecksumAlgorithm algorithm) {
    switch (algorithm) {
        case ChecksumAlgorithm::md5:
            return EVP_md5();
        case ChecksumAlgorithm::sha1:
            return EVP_sha1();
        case ChecksumAlgorithm::sha256:
            return EVP_sha256();
        case ChecksumAlgorithm::sha512:
            return EVP_sha512();
        case ChecksumAlgorithm::crc32:
            return nullptr;  // not OpenSSL's: computed by Boost.CRC
    }
    return nullptr;
}

}  // namespace

struct Digest::State {
    std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context{EVP_MD_CTX_new(), &EVP_MD_CTX_free};
    boost::crc_32_type crc;
};

Digest::Digest(ChecksumAlgorithm algorithm) : algorithm_(algorithm), state_(std::make_unique<State>()) {
    const auto* method = method_of(algorithm);
    if (method != nullptr && EVP_DigestInit_ex(state_->context.get(), method, nullptr) != 1)
        throw Error(
            ErrorCode::unsupported,
            fmt::format("OpenSSL refuses to compute {} (FIPS mode forbids it).", to_string(algorithm)));
}

Digest::Digest(Digest&&) noexcept = default;
Digest& Digest::operator=(Digest&&) noexcept = default;
Digest::~Digest() = default;

void Digest::add(std::span<const std::byte> bytes) {
    if (algorithm_ == ChecksumAlgorithm::crc32)
        state_->crc.process_bytes(bytes.data(), bytes.size());
    else
        EVP_DigestUpdate(state_->context.get(), bytes.data(), bytes.size());
}

std::string Digest::finish() {
    if (algorithm_ == ChecksumAlgorithm::crc32) return fmt::format("{:08x}", state_->crc.checksum());
    std::array<unsigned char, EVP_MAX_MD_SIZE> sum{};
    unsigned length = 0;
    EVP_DigestFinal_ex(state_->context.get(), sum.data(), &length);
    std::string text;
    for (unsigned i = 0; i < length; ++i)
        text += fmt::format("{:02x}", sum[i]);
    return text;
}

}  // namespace fairlead

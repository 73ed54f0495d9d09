// Checks of certificates and private keys, before anything is stored that no server could be reached with.

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <memory>

#include "catalog/checks.hpp"

namespace fairlead::catalog {
namespace {

struct Free {
    void operator()(BIO* bio) const { BIO_free(bio); }
    void operator()(X509* certificate) const { X509_free(certificate); }
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

Owned<BIO> bio_of(std::string_view text) {
    return Owned<BIO>(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

Owned<X509> read_certificate(BIO* bio) {
    return Owned<X509>(PEM_read_bio_X509(bio, nullptr, nullptr, nullptr));
}

Owned<EVP_PKEY> read_key(std::string_view pem) {
    auto bio = bio_of(pem);
    const auto no_passphrase = [](char*, int, int, void*) { return -1; };  // never ask the terminal
    Owned<EVP_PKEY> key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr));
    ERR_clear_error();
    return key;
}

}  // namespace

std::string problem_of_certificates(std::string_view pem) {
    auto bio = bio_of(pem);
    unsigned found = 0;
    while (read_certificate(bio.get()))
        ++found;
    const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    ERR_clear_error();
    if (found == 0) return "holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)";
    return at_end ? "" : "holds a certificate that cannot be read";
}

std::string problem_of_key(std::string_view pem) {
    if (read_key(pem)) return {};
    if (pem.find("ENCRYPTED") != std::string_view::npos)
        return "is protected by a passphrase; store it without one (it is encrypted here)";
    return "is no private key in PEM form";
}

std::string problem_of_pair(std::string_view certificate_pem, std::string_view key_pem) {
    auto bio = bio_of(certificate_pem);
    const auto certificate = read_certificate(bio.get());
    const auto key = read_key(key_pem);
    const bool pair = certificate && key && X509_check_private_key(certificate.get(), key.get()) == 1;
    ERR_clear_error();
    return pair ? "" : "does not belong to the certificate";
}

std::string problem_of_ssh_key(std::string_view text) {
    if (text.starts_with("ssh-") || text.starts_with("ecdsa-") ||
        text.find("BEGIN SSH2 PUBLIC KEY") != text.npos)
        return "is a public key; give the private one (the file without .pub)";
    if (text.starts_with("PuTTY-User-Key-File"))
        return "is a PuTTY key; convert it: puttygen KEY -O private-openssh -o NEW";
    const auto begin = text.find("-----BEGIN ");
    if (begin == text.npos || text.find("PRIVATE KEY-----", begin) == text.npos ||
        text.find("-----END ", begin) == text.npos)
        return "is no private key in OpenSSH or PEM form";
    return {};
}

}  // namespace fairlead::catalog

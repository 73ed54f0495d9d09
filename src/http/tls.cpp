#include "http/tls.hpp"

#include <fmt/format.h>
#include <openssl/err.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "fairlead/error.hpp"
#include "net/tls_context.hpp"

namespace fairlead::http {
namespace {

/// What tells one version of a file from another.
struct Stamp {
    dev_t device = 0;
    ino_t inode = 0;
    off_t size = 0;
    timespec modified{};
    friend bool operator==(const Stamp& a, const Stamp& b) {
        return a.device == b.device && a.inode == b.inode && a.size == b.size &&
               a.modified.tv_sec == b.modified.tv_sec && a.modified.tv_nsec == b.modified.tv_nsec;
    }
};

[[noreturn]] void unusable(std::string_view option, const std::string& file, std::string_view problem) {
    const auto said = net::openssl_error();
    Error error(ErrorCode::invalid_argument, fmt::format("The file {} cannot be used: {}{}.", file, problem,
                                                         said.empty() ? "" : fmt::format(" ({})", said)));
    error.faults.push_back({std::string(option), file, std::string(problem)});
    throw error;
}

Stamp stamp_of(std::string_view option, const std::string& file) {
    struct stat facts {};
    if (::stat(file.c_str(), &facts) != 0) unusable(option, file, std::strerror(errno));
    return {facts.st_dev, facts.st_ino, facts.st_size, facts.st_mtim};
}

int no_passphrase(char*, int, int, void*) {
    return 0;
}

/// HTTP/1.1 is all there is: a client that can do more is told so, one that cannot do this is refused.
int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* length, const unsigned char* offered,
                    unsigned offered_length, void*) {
    static constexpr std::array<unsigned char, 9> kOurs{8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
    unsigned char* found = nullptr;
    if (SSL_select_next_proto(&found, length, kOurs.data(), kOurs.size(), offered, offered_length) !=
        OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *chosen = found;
    return SSL_TLSEXT_ERR_OK;
}

}  // namespace

struct ServerTls::Loaded {
    net::SslContextPtr context;
    std::pair<Stamp, Stamp> stamps;
};

ServerTls::ServerTls(std::string certificate_file, std::string key_file)
    : certificate_file_(std::move(certificate_file)), key_file_(std::move(key_file)) {
    reload(true);
}

ServerTls::~ServerTls() = default;

net::SslPtr ServerTls::make() {
    net::SslPtr ssl(SSL_new(loaded_->context.get()));
    if (!ssl) throw Error(ErrorCode::internal, fmt::format("OpenSSL: {}.", net::openssl_error()));
    SSL_set_accept_state(ssl.get());
    return ssl;
}

bool ServerTls::reload(bool anyway) {
    constexpr std::string_view kCertificate = "tls-certificate", kKey = "tls-key";
    auto fresh = std::make_unique<Loaded>();
    fresh->stamps = {stamp_of(kCertificate, certificate_file_), stamp_of(kKey, key_file_)};
    if (!anyway && loaded_ && fresh->stamps == loaded_->stamps) return false;
    ERR_clear_error();
    fresh->context.reset(SSL_CTX_new(TLS_server_method()));
    auto* context = fresh->context.get();
    if (context == nullptr)
        throw Error(ErrorCode::internal, fmt::format("OpenSSL: {}.", net::openssl_error()));
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                  SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_default_passwd_cb(context, &no_passphrase);
    SSL_CTX_set_alpn_select_cb(context, &choose_protocol, nullptr);
    constexpr std::array<unsigned char, 8> kSession{'f', 'a', 'i', 'r', 'l', 'e', 'a', 'd'};
    SSL_CTX_set_session_id_context(context, kSession.data(), kSession.size());
    if (SSL_CTX_use_certificate_chain_file(context, certificate_file_.c_str()) != 1)
        unusable(kCertificate, certificate_file_, "it holds no certificate in PEM form");
    if (SSL_CTX_use_PrivateKey_file(context, key_file_.c_str(), SSL_FILETYPE_PEM) != 1)
        unusable(kKey, key_file_,
                 "it holds no unencrypted private key in PEM form that belongs to the certificate");
    if (SSL_CTX_check_private_key(context) != 1)
        unusable(kKey, key_file_, "the key does not belong to the certificate");
    loaded_ = std::move(fresh);
    return true;
}

}  // namespace fairlead::http

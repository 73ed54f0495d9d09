#include "net/tls_context.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <boost/asio/ip/address.hpp>
#include <fstream>
#include <mutex>
#include <utility>
#include <vector>

namespace fairlead::net {
namespace {

int version_number(TlsOptions::Version version) {
    switch (version) {
        case TlsOptions::Version::tls_1_0:
            return TLS1_VERSION;
        case TlsOptions::Version::tls_1_1:
            return TLS1_1_VERSION;
        case TlsOptions::Version::tls_1_2:
            return TLS1_2_VERSION;
        case TlsOptions::Version::tls_1_3:
            return TLS1_3_VERSION;
    }
    return TLS1_2_VERSION;
}

[[noreturn]] void unusable(std::string_view field, std::string_view problem) {
    const auto said = openssl_error();
    Error error(ErrorCode::invalid_argument,
                fmt::format("{} of the connection cannot be used: {}{}.", field, problem,
                            said.empty() ? "" : fmt::format(" ({})", said)));
    error.faults.push_back({std::string(field), "", std::string(problem)});
    throw error;
}

BioPtr reading(std::string_view pem) {
    return BioPtr(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

/// OpenSSL would ask on the terminal for the passphrase of an encrypted key.
int no_passphrase(char*, int, int, void*) {
    return 0;
}

CertificatePtr next_certificate(BIO* from) {
    return CertificatePtr(PEM_read_bio_X509(from, nullptr, &no_passphrase, nullptr));
}

/// The system's certificates: reading them takes milliseconds, so all connections share one store.
X509_STORE* system_store() {
    static const StorePtr store = [] {
        StorePtr made(X509_STORE_new());
        X509_STORE_set_default_paths(made.get());
        ERR_clear_error();
        return made;
    }();
    return store.get();
}

/// Where the kernel can do the ciphering, it does. OpenSSL would find out by several system calls per
/// connection.
bool kernel_has_tls() {
    static const bool has = [] {
        std::ifstream list("/proc/sys/net/ipv4/tcp_available_ulp");
        std::string word;
        while (list >> word)
            if (word == "tls") return true;
        return false;
    }();
    return has;
}

void destroy_handshake(void*, void* handshake, CRYPTO_EX_DATA*, int, long, void*) {
    delete static_cast<TlsContext::Handshake*>(handshake);
}

int handshake_slot() {
    static const int slot = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, &destroy_handshake);
    return slot;
}

TlsContext::Handshake* handshake_of(const SSL* ssl) {
    return static_cast<TlsContext::Handshake*>(SSL_get_ex_data(ssl, handshake_slot()));
}

/// AES-GCM with a key of 128 bits, and a key exchange of which nothing can be opened later.
bool is_cheap_and_safe(const SSL_CIPHER* cipher) {
    const int exchange = SSL_CIPHER_get_kx_nid(cipher);
    return SSL_CIPHER_get_cipher_nid(cipher) == NID_aes_128_gcm &&
           (exchange == NID_kx_any || exchange == NID_kx_ecdhe);
}

bool is_address(const std::string& host) {
    boost::system::error_code not_literal;
    boost::asio::ip::make_address(host, not_literal);
    return !not_literal;
}

std::string without_brackets(std::string host) {
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') return host.substr(1, host.size() - 2);
    return host;
}

}  // namespace

TlsContext::TlsContext(const TlsOptions& options, std::string host)
    : options_(options),
      host_(without_brackets(std::move(host))),
      context_(SSL_CTX_new(TLS_client_method())) {
    if (!context_) throw Error(ErrorCode::internal, fmt::format("OpenSSL: {}.", openssl_error()));
    auto* context = context_.get();
    set_versions();
    order_ciphers();
    set_trust();
    set_client_certificate();
    SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION);
    if (kernel_has_tls()) SSL_CTX_set_options(context, SSL_OP_ENABLE_KTLS);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    // Several records per system call: a fifth less CPU than one at a time.
    SSL_CTX_set_read_ahead(context, 1);
    SSL_CTX_set_default_read_buffer_len(context, 64 * 1024);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(context, &TlsContext::keep_session);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    SSL_CTX_set_cert_verify_callback(context, &TlsContext::verify, this);
}

void TlsContext::set_versions() {
    auto* context = context_.get();
    SSL_CTX_set_min_proto_version(context, version_number(options_.lowest));
    SSL_CTX_set_max_proto_version(context, version_number(options_.highest));
    if (options_.lowest >= TlsOptions::Version::tls_1_2) return;
    // Asked for what is no longer safe, for a partner that has nothing better.
    SSL_CTX_set_cipher_list(context, "DEFAULT:@SECLEVEL=0");
    SSL_CTX_set_options(context, SSL_OP_LEGACY_SERVER_CONNECT);
}

/// Which ciphers there are is up to the policy of the system. Of equally good ones, what costs both ends a
/// quarter less is asked for first; a server may have its own order.
void TlsContext::order_ciphers() {
    auto* context = context_.get();
    std::vector<std::string> of_1_3, older;
    const auto* ciphers = SSL_CTX_get_ciphers(context);
    for (const bool cheap : {true, false})
        for (int i = 0; i < sk_SSL_CIPHER_num(ciphers); ++i) {
            const auto* cipher = sk_SSL_CIPHER_value(ciphers, i);
            if (is_cheap_and_safe(cipher) != cheap) continue;
            auto& list = SSL_CIPHER_get_kx_nid(cipher) == NID_kx_any ? of_1_3 : older;
            list.emplace_back(SSL_CIPHER_get_name(cipher));
        }
    if (!older.empty()) SSL_CTX_set_cipher_list(context, fmt::format("{}", fmt::join(older, ":")).c_str());
    if (!of_1_3.empty())
        SSL_CTX_set_ciphersuites(context, fmt::format("{}", fmt::join(of_1_3, ":")).c_str());
}

void TlsContext::set_trust() {
    auto* context = context_.get();
    if (options_.ca.empty()) {
        SSL_CTX_set1_cert_store(context, system_store());
        return;
    }
    auto* store = SSL_CTX_get_cert_store(context);
    const auto pem = reading(options_.ca);
    int count = 0;
    while (const auto certificate = next_certificate(pem.get())) {
        X509_STORE_add_cert(store, certificate.get());
        ++count;
    }
    if (count == 0) unusable("tls.ca", "it holds no certificate in PEM form");
    ERR_clear_error();
    // A certificate that was given by hand is trusted as it is, be it an intermediate or the server's own.
    X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context), X509_V_FLAG_PARTIAL_CHAIN);
}

void TlsContext::set_client_certificate() {
    if (options_.certificate.empty()) return;
    auto* context = context_.get();
    const auto pem = reading(options_.certificate);
    const auto own = next_certificate(pem.get());
    if (!own || SSL_CTX_use_certificate(context, own.get()) != 1)
        unusable("tls.certificate", "it is not a certificate in PEM form");
    while (auto issuer = next_certificate(pem.get()))
        if (SSL_CTX_add0_chain_cert(context, issuer.get()) == 1) static_cast<void>(issuer.release());
    ERR_clear_error();
    const auto key_text =
        options_.key.empty() ? std::string_view(options_.certificate) : options_.key.reveal();
    const auto key_pem = reading(key_text);
    const KeyPtr key(PEM_read_bio_PrivateKey(key_pem.get(), nullptr, &no_passphrase, nullptr));
    if (!key) unusable("tls.key", "it is not an unencrypted private key in PEM form");
    if (SSL_CTX_use_PrivateKey(context, key.get()) != 1)
        unusable("tls.key", "it does not belong to the client certificate");
}

SslPtr TlsContext::make(Role role, Verdict& verdict) {
    SslPtr ssl(SSL_new(context_.get()));
    if (!ssl) throw Error(ErrorCode::internal, fmt::format("OpenSSL: {}.", openssl_error()));
    SSL_set_ex_data(ssl.get(), handshake_slot(), new Handshake{this, &verdict, role});
    if (is_address(host_)) {
        X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl.get()), host_.c_str());
    } else {
        SSL_set_tlsext_host_name(ssl.get(), host_.c_str());
        SSL_set_hostflags(ssl.get(), X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
        SSL_set1_host(ssl.get(), host_.c_str());
    }
    if (role == Role::data && newest_session_) {
        // A copy: OpenSSL marks a session as spoilt when a connection that uses it breaks off.
        const SslSessionPtr copy(SSL_SESSION_dup(newest_session_.get()));
        SSL_set_session(ssl.get(), copy.get());
    }
    SSL_set_connect_state(ssl.get());
    return ssl;
}

void TlsContext::accept(X509* certificate) {
    X509_up_ref(certificate);
    control_certificate_.reset(certificate);
}

int TlsContext::keep_session(SSL* ssl, SSL_SESSION* session) {
    const auto* handshake = handshake_of(ssl);
    if (handshake == nullptr || handshake->role != Role::control) return 0;
    handshake->context->newest_session_.reset(session);
    return 1;  // the reference is ours now
}

int TlsContext::verify(X509_STORE_CTX* chain, void* self_) {
    const auto& self = *static_cast<TlsContext*>(self_);
    const auto* ssl =
        static_cast<SSL*>(X509_STORE_CTX_get_ex_data(chain, SSL_get_ex_data_X509_STORE_CTX_idx()));
    const auto* handshake = handshake_of(ssl);
    auto& verdict = *handshake->verdict;
    auto* certificate = X509_STORE_CTX_get0_cert(chain);
    X509_up_ref(certificate);
    verdict.certificate.reset(certificate);

    const bool checked = self.options_.verify || !self.options_.pin.empty();
    if (handshake->role == Role::data && checked) {
        verdict.differs_from_control =
            !self.control_certificate_ || X509_cmp(certificate, self.control_certificate_.get()) != 0;
    } else if (!self.options_.pin.empty()) {
        verdict.pin_differs = !same_pin(self.options_.pin, public_key_pin(certificate));
    } else if (self.options_.verify) {
        X509_STORE_CTX_set_verify_cb(chain, [](int ok, X509_STORE_CTX* at) {
            if (ok != 1) {
                const auto* of =
                    static_cast<SSL*>(X509_STORE_CTX_get_ex_data(at, SSL_get_ex_data_X509_STORE_CTX_idx()));
                handshake_of(of)->verdict->faults.push_back(X509_STORE_CTX_get_error(at));
            }
            return 1;  // go on, so that everything that is wrong can be told
        });
        const int result = X509_verify_cert(chain);
        if (result != 1 && verdict.faults.empty()) verdict.faults.push_back(X509_STORE_CTX_get_error(chain));
    }
    if (verdict.trusted()) {
        X509_STORE_CTX_set_error(chain, X509_V_OK);
        return 1;
    }
    X509_STORE_CTX_set_error(
        chain, verdict.faults.empty() ? X509_V_ERR_APPLICATION_VERIFICATION : verdict.faults.front());
    return 0;
}

std::string openssl_error() {
    std::string text;
    while (const auto code = ERR_get_error()) {
        if (!text.empty()) continue;  // the first is the cause
        if (const char* reason = ERR_reason_error_string(code))
            text = reason;
        else
            text = fmt::format("error {:#x}", code);
    }
    return text;
}

}  // namespace fairlead::net

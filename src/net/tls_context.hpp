#pragma once

#include <string>
#include <string_view>

#include "fairlead/endpoint.hpp"
#include "net/certificate.hpp"
#include "net/openssl.hpp"

namespace fairlead::net {

/// What all TLS connections of one session share: the settings, the server's certificate as the control
/// connection showed it, and the newest TLS session of the control connection, which data connections resume
/// (servers demand that as proof that both come from the same client).
class TlsContext {
  public:
    /// `host` is the name (or address) the certificate must be made out for; it is also the server name
    /// indication. Throws invalid_argument for a CA, client certificate or key that cannot be used.
    TlsContext(const TlsOptions& options, std::string host);
    TlsContext(const TlsContext&) = delete;
    TlsContext& operator=(const TlsContext&) = delete;

    enum class Role { control, data };

    /// A fresh SSL object that resumes the control connection's session if its role is `data`. Its verdict
    /// collects what checking the certificate finds; both must outlive the handshake.
    SslPtr make(Role role, Verdict& verdict);
    /// Remembers what the control connection's handshake showed.
    void accept(X509* certificate);

    const TlsOptions& options() const noexcept { return options_; }
    const std::string& host() const noexcept { return host_; }

    /// The objects that belong to an SSL while it shakes hands.
    struct Handshake {
        TlsContext* context = nullptr;
        Verdict* verdict = nullptr;
        Role role = Role::control;
    };

  private:
    static int verify(X509_STORE_CTX* chain, void* self);
    static int keep_session(SSL* ssl, SSL_SESSION* session);

    void set_versions();
    void order_ciphers();
    void set_trust();
    void set_client_certificate();

    TlsOptions options_;
    std::string host_;
    SslContextPtr context_;
    SslSessionPtr newest_session_;  // of the control connection
    CertificatePtr control_certificate_;
};

/// What OpenSSL says about the latest failure on this thread, emptying its queue.
std::string openssl_error();

}  // namespace fairlead::net

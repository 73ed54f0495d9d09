#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fairlead/error.hpp"
#include "net/openssl.hpp"

namespace fairlead::net {

/// "SHA256:" and the base64 of the SHA-256 of the certificate's public key (SubjectPublicKeyInfo, RFC 7469).
std::string public_key_pin(X509* certificate);
/// Whether two pins mean the same key: the prefix in any case, padding and surrounding space do not count.
bool same_pin(std::string_view a, std::string_view b);

/// One line for people: subject, issuer, expiry and pin.
std::string describe_certificate(X509* certificate);
/// The host names and addresses it is made out for.
std::vector<std::string> certificate_names(X509* certificate);

/// What checking a server's certificate found, judged as a whole so that the message can name the worst.
struct Verdict {
    CertificatePtr certificate;  ///< the server's own; null before the handshake came that far
    std::vector<int> faults;     ///< X509_V_ERR_... of all that is wrong; empty: trusted
    bool pin_differs = false;    ///< a pin is configured, and the key is another
    bool differs_from_control =
        false;  ///< a data connection showed another certificate than the control connection

    bool trusted() const noexcept { return faults.empty() && !pin_differs && !differs_from_control; }
    /// Error{certificate_untrusted} with the reason, and what to do about it. Precondition: not trusted.
    Error error(std::string_view host, std::string_view configured_pin) const;
};

}  // namespace fairlead::net

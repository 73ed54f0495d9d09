#include "net/certificate.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>

#include "fairlead/entry.hpp"

namespace fairlead::net {
namespace {

std::string name_text(const X509_NAME* name) {
    BioPtr out(BIO_new(BIO_s_mem()));
    X509_NAME_print_ex(out.get(), name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
    char* text = nullptr;
    const auto length = BIO_get_mem_data(out.get(), &text);
    return std::string(text, static_cast<std::size_t>(std::max(0L, length)));
}

std::string time_text(const ASN1_TIME* time) {
    std::tm parts{};
    if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) return "an unknown time";
    return to_rfc3339(std::chrono::sys_seconds(std::chrono::seconds(::timegm(&parts))));
}

std::string list_text(const std::vector<std::string>& items) {
    constexpr std::size_t kShown = 8;
    std::string text;
    for (std::size_t i = 0; i < std::min(items.size(), kShown); ++i)
        text += (i == 0 ? "" : ", ") + items[i];
    if (items.size() > kShown) text += fmt::format(" and {} more", items.size() - kShown);
    return text.empty() ? "no name at all" : text;
}

bool is_name_fault(int fault) {
    return fault == X509_V_ERR_HOSTNAME_MISMATCH || fault == X509_V_ERR_IP_ADDRESS_MISMATCH;
}

std::string sentence(int fault, X509* certificate) {
    switch (fault) {
        case X509_V_ERR_CERT_HAS_EXPIRED:
            return fmt::format("it expired at {}", time_text(X509_get0_notAfter(certificate)));
        case X509_V_ERR_CERT_NOT_YET_VALID:
            return fmt::format("it is not valid before {}", time_text(X509_get0_notBefore(certificate)));
        case X509_V_ERR_HOSTNAME_MISMATCH:
        case X509_V_ERR_IP_ADDRESS_MISMATCH:
            return fmt::format("it is made out for {}", list_text(certificate_names(certificate)));
        case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
            return "it is self-signed";
        case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
            return "the root it leads to is not a trusted one";
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
        case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
            return fmt::format("its issuer ({}) is not known here",
                               name_text(X509_get_issuer_name(certificate)));
        case X509_V_ERR_EE_KEY_TOO_SMALL:
        case X509_V_ERR_CA_KEY_TOO_SMALL:
            return "its key is too short";
        case X509_V_ERR_CA_MD_TOO_WEAK:
            return "it is signed with a digest that is no longer safe";
        default:
            return X509_verify_cert_error_string(fault);
    }
}

/// The order in which reasons are told. An unknown issuer is reported by OpenSSL in several codes at once.
int rank(int fault) {
    switch (fault) {
        case X509_V_ERR_CERT_HAS_EXPIRED:
            return 0;
        case X509_V_ERR_CERT_NOT_YET_VALID:
            return 1;
        case X509_V_ERR_HOSTNAME_MISMATCH:
        case X509_V_ERR_IP_ADDRESS_MISMATCH:
            return 2;
        case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
            return 3;
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
        case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
            return 5;
        default:
            return 4;
    }
}

}  // namespace

std::string public_key_pin(X509* certificate) {
    unsigned char* key = nullptr;
    const int length = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &key);
    if (length <= 0) return {};
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned digest_length = 0;
    EVP_Digest(key, static_cast<std::size_t>(length), digest.data(), &digest_length, EVP_sha256(), nullptr);
    OPENSSL_free(key);
    std::array<unsigned char, 4 * ((EVP_MAX_MD_SIZE + 2) / 3) + 1> text{};
    EVP_EncodeBlock(text.data(), digest.data(), static_cast<int>(digest_length));
    return fmt::format("SHA256:{}", reinterpret_cast<const char*>(text.data()));
}

bool same_pin(std::string_view a, std::string_view b) {
    const auto bare = [](std::string_view pin) {
        while (!pin.empty() && (pin.front() == ' ' || pin.front() == '\t'))
            pin.remove_prefix(1);
        if (pin.size() > 7 && (pin[6] == ':' || pin[6] == '/') &&
            std::equal(pin.begin(), pin.begin() + 6, "sha256",
                       [](char x, char y) { return (x | 0x20) == (y | 0x20); }))
            pin.remove_prefix(pin.substr(6).starts_with("//") ? 8 : 7);
        while (!pin.empty() && (pin.back() == '=' || pin.back() == ' ' || pin.back() == '\n'))
            pin.remove_suffix(1);
        return pin;
    };
    return !bare(a).empty() && bare(a) == bare(b);
}

std::string describe_certificate(X509* certificate) {
    return fmt::format("{}, issued by {}, valid until {}, {}", name_text(X509_get_subject_name(certificate)),
                       name_text(X509_get_issuer_name(certificate)),
                       time_text(X509_get0_notAfter(certificate)), public_key_pin(certificate));
}

std::vector<std::string> certificate_names(X509* certificate) {
    std::vector<std::string> names;
    auto* alternatives =
        static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
    for (int i = 0; i < sk_GENERAL_NAME_num(alternatives); ++i) {
        int kind = 0;
        const auto* value = static_cast<const ASN1_STRING*>(
            GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(alternatives, i), &kind));
        const auto* bytes = ASN1_STRING_get0_data(value);
        const auto length = ASN1_STRING_length(value);
        if (kind == GEN_DNS) {
            names.emplace_back(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(length));
        } else if (kind == GEN_IPADD) {
            std::array<char, INET6_ADDRSTRLEN> text{};
            if (::inet_ntop(length == 4 ? AF_INET : AF_INET6, bytes, text.data(), text.size()) != nullptr)
                names.emplace_back(text.data());
        }
    }
    GENERAL_NAMES_free(alternatives);
    if (names.empty()) {  // only then does the common name count
        auto* subject = X509_get_subject_name(certificate);
        if (const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1); at >= 0) {
            const auto* value = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at));
            names.emplace_back(reinterpret_cast<const char*>(ASN1_STRING_get0_data(value)),
                               static_cast<std::size_t>(ASN1_STRING_length(value)));
        }
    }
    return names;
}

Error Verdict::error(std::string_view host, std::string_view configured_pin) const {
    const auto pin = public_key_pin(certificate.get());
    if (differs_from_control)
        return Error(ErrorCode::certificate_untrusted,
                     fmt::format(
                         "The data connection to {} showed another certificate than the control connection; "
                         "somebody may be in between.",
                         host))
            .at("identity")
            .ends_session();
    if (pin_differs)
        return Error(ErrorCode::certificate_untrusted,
                     fmt::format(
                         "The certificate of {} has another key than the pinned one: pinned {}, found {}.",
                         host, configured_pin, pin))
            .at("identity")
            .hinting("If the server's operator confirms the new key, change the pin of the connection.")
            .ends_session();

    auto ordered = faults;
    std::stable_sort(ordered.begin(), ordered.end(), [](int a, int b) { return rank(a) < rank(b); });
    std::vector<std::string> told;
    for (const int fault : ordered) {
        // A certificate that is self-signed has, of course, no known issuer either.
        if (rank(fault) == 5 && std::any_of(told.begin(), told.end(), [](const auto& t) {
                return t.find("self-signed") != std::string::npos || t.find("issuer") != std::string::npos;
            }))
            continue;
        auto text = sentence(fault, certificate.get());
        if (std::find(told.begin(), told.end(), text) == told.end()) told.push_back(std::move(text));
    }
    std::string reasons;
    for (const auto& text : told)
        reasons += (reasons.empty() ? "" : ", and ") + text;

    std::string hint;
    if (is_name_fault(ordered.front()))
        hint = "Use the name that the certificate is made out for as host";
    else if (rank(ordered.front()) <= 1)
        hint = "Check this machine's clock; else the server needs a new certificate";
    else
        hint = "Give the connection the issuer's certificate (--tls-ca)";
    hint += fmt::format(", or accept exactly this key: --tls-pin {}", pin);
    return Error(ErrorCode::certificate_untrusted,
                 fmt::format("The certificate of {} is not trusted: {}.", host, reasons))
        .at("identity")
        .hinting(std::move(hint))
        .ends_session();
}

}  // namespace fairlead::net

#include "base/unreachable.hpp"

namespace fairlead {

bool is_unreachable(const Error& error) noexcept {
    switch (error.code) {
        case ErrorCode::name_not_resolved:
        case ErrorCode::connection_refused:
        case ErrorCode::host_unreachable:
        case ErrorCode::server_busy:
        case ErrorCode::authentication_failed:
        case ErrorCode::tls_failed:
        case ErrorCode::certificate_untrusted:
        case ErrorCode::host_key_mismatch:
        case ErrorCode::host_key_unknown:
        case ErrorCode::egress_denied:
        case ErrorCode::disabled:
            return true;
        case ErrorCode::timeout:
            return error.step == "resolve" || error.step == "connect" || error.step == "secure" ||
                   error.step == "identity" || error.step == "login";
        default:
            return false;
    }
}

}  // namespace fairlead

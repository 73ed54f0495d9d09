#include "service/hints.hpp"

namespace fairlead::service {

std::string hint_for(const Error& error) {
    if (!error.hint.empty()) return error.hint;
    switch (error.code) {
        case ErrorCode::name_not_resolved:
            return "check the host's spelling, and that this machine can resolve names";
        case ErrorCode::connection_refused:
            return "check the port, and that the server is running";
        case ErrorCode::host_unreachable:
            return "check the network and the firewall between here and the server";
        case ErrorCode::connection_lost:
            return "check that the protocol fits the port (implicit TLS: 990, SFTP: 22), or try again later";
        case ErrorCode::data_connection_failed:
            return "check the firewall for the server's passive ports, or try --active";
        case ErrorCode::server_busy:
            return "wait, or lower the number of sessions";
        case ErrorCode::timeout:
            return "check that a firewall lets the port through, or raise --timeout";
        case ErrorCode::authentication_failed:
            return "check the user name and the password or key";
        case ErrorCode::tls_failed:
            return "check --tls explicit or implicit, and the TLS versions that the server speaks";
        case ErrorCode::certificate_untrusted:
            return "trust its issuer with --tls-ca, or exactly this certificate with --tls-pin";
        case ErrorCode::host_key_unknown:
            return "compare the fingerprint with the server's owner, then use --host-key or "
                   "--accept-new-host-key";
        case ErrorCode::host_key_mismatch:
            return "ask the server's owner whether the key was changed; then set the new one with --host-key";
        case ErrorCode::permission_denied:
            return "check the rights of this user on the server";
        case ErrorCode::not_found:
            return "check the working directory";
        case ErrorCode::protocol_error:
            return "check that the protocol is the one that this port speaks";
        default:
            return "";
    }
}

}  // namespace fairlead::service

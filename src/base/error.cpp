#include "fairlead/error.hpp"

#include <array>
#include <utility>

namespace fairlead {
namespace {

struct CodeFacts {
    ErrorCode code;
    std::string_view word;
    bool retry_can_help;
    int exit_status;
};

// The table of the contract: word, whether a retry can help, exit status of the command line.
constexpr std::array<CodeFacts, 31> kCodes{{
    {ErrorCode::invalid_argument, "invalid_argument", false, 2},
    {ErrorCode::not_found, "not_found", false, 3},
    {ErrorCode::already_exists, "already_exists", false, 8},
    {ErrorCode::conflict, "conflict", false, 8},
    {ErrorCode::not_empty, "not_empty", false, 8},
    {ErrorCode::authentication_failed, "authentication_failed", false, 4},
    {ErrorCode::permission_denied, "permission_denied", false, 4},
    {ErrorCode::name_not_resolved, "name_not_resolved", true, 5},
    {ErrorCode::connection_refused, "connection_refused", true, 5},
    {ErrorCode::host_unreachable, "host_unreachable", true, 5},
    {ErrorCode::connection_lost, "connection_lost", true, 5},
    {ErrorCode::data_connection_failed, "data_connection_failed", true, 5},
    {ErrorCode::server_busy, "server_busy", true, 5},
    {ErrorCode::tls_failed, "tls_failed", false, 5},
    {ErrorCode::certificate_untrusted, "certificate_untrusted", false, 5},
    {ErrorCode::host_key_mismatch, "host_key_mismatch", false, 5},
    {ErrorCode::host_key_unknown, "host_key_unknown", false, 5},
    {ErrorCode::timeout, "timeout", true, 6},
    {ErrorCode::incomplete, "incomplete", true, 7},
    {ErrorCode::size_mismatch, "size_mismatch", true, 7},
    {ErrorCode::checksum_mismatch, "checksum_mismatch", true, 7},
    {ErrorCode::source_changed, "source_changed", true, 7},
    {ErrorCode::no_space, "no_space", false, 7},
    {ErrorCode::quota_exceeded, "quota_exceeded", false, 7},
    {ErrorCode::protocol_error, "protocol_error", false, 1},
    {ErrorCode::unsupported, "unsupported", false, 1},
    {ErrorCode::disabled, "disabled", false, 9},
    {ErrorCode::outside_working_directory, "outside_working_directory", false, 9},
    {ErrorCode::egress_denied, "egress_denied", false, 9},
    {ErrorCode::cancelled, "cancelled", false, 130},
    {ErrorCode::internal, "internal", false, 1},
}};

const CodeFacts& facts(ErrorCode code) noexcept {
    for (const auto& row : kCodes)
        if (row.code == code) return row;
    return kCodes.back();
}

}  // namespace

std::string_view to_string(ErrorCode code) noexcept {
    return facts(code).word;
}
bool retry_can_help(ErrorCode code) noexcept {
    return facts(code).retry_can_help;
}
int exit_status(ErrorCode code) noexcept {
    return facts(code).exit_status;
}

Error&& Error::at(std::string step_) && {
    step = std::move(step_);
    return std::move(*this);
}
Error&& Error::on(std::string path_) && {
    path = std::move(path_);
    return std::move(*this);
}
Error&& Error::replied(std::string text) && {
    server_reply = std::move(text);
    return std::move(*this);
}
Error&& Error::hinting(std::string fix) && {
    hint = std::move(fix);
    return std::move(*this);
}
Error&& Error::ends_session() && {
    session_usable = false;
    return std::move(*this);
}

}  // namespace fairlead

#include "catalog/retry.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/near.hpp"
#include "catalog/field_json.hpp"

namespace fairlead::catalog {
namespace {

// Those that may pass by themselves. The last three do where the server says that it could not do it now (450, a file in
// use, a handshake that was cut off): otherwise they are final, also when they are listed.
constexpr ErrorCode kMayPass[]{
    ErrorCode::name_not_resolved, ErrorCode::connection_refused,     ErrorCode::host_unreachable,
    ErrorCode::connection_lost,   ErrorCode::data_connection_failed, ErrorCode::server_busy,
    ErrorCode::timeout,           ErrorCode::incomplete,             ErrorCode::size_mismatch,
    ErrorCode::checksum_mismatch, ErrorCode::source_changed,         ErrorCode::conflict,
    ErrorCode::permission_denied, ErrorCode::tls_failed,
};

std::optional<ErrorCode> code_of(std::string_view word) {
    const auto found = std::ranges::find(kMayPass, word, [](ErrorCode code) { return to_string(code); });
    if (found == std::end(kMayPass)) return std::nullopt;
    return *found;
}

std::string problem_of(const std::string& word) {
    std::vector<std::string> known;
    for (const auto code : kMayPass)
        known.emplace_back(to_string(code));
    const auto close = nearest(word, known);
    return fmt::format("is no error after which a file may be tried again{}; those are {}",
                       close.empty() ? "" : ", did you mean " + close + "?", fmt::join(known, ", "));
}

}  // namespace

std::vector<Fault> retry_faults(const Retry& retry, const RetryNames& names) {
    std::vector<Fault> faults;
    if (retry.wait > retry.longest_wait)
        faults.push_back({std::string(names.wait), exact_duration(retry.wait),
                          fmt::format("is longer than {}, {}", names.longest_wait, exact_duration(retry.longest_wait))});
    for (const auto& word : retry.errors)
        if (!code_of(word)) faults.push_back({std::string(names.errors), word, problem_of(word)});
    return faults;
}

std::vector<ErrorCode> retry_codes(const Retry& retry) {
    std::vector<ErrorCode> codes;
    for (const auto& word : retry.errors)
        if (const auto code = code_of(word)) codes.push_back(*code);
    return codes;
}

}  // namespace fairlead::catalog

#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "fairlead/error.hpp"

namespace fairlead::catalog {

/// How one file is tried again, and after what, as flows and operations say it.
struct Retry {
    std::chrono::milliseconds wait{500}, longest_wait{30'000};
    std::int64_t factor = 2;          ///< by which each wait is longer than the one before
    std::int64_t jitter = 50;         ///< percent of a wait that are left to chance
    std::vector<std::string> errors;  ///< codes after which it is tried again; empty: all that may pass
};

/// What these fields are for.
inline constexpr std::string_view kRetryWaitHelp = "How long to wait before the second attempt, such as 500ms";
inline constexpr std::string_view kRetryLongestWaitHelp = "Never wait longer than this between two attempts";
inline constexpr std::string_view kRetryFactorHelp = "Each wait is so many times as long as the one before, 1 to 10";
inline constexpr std::string_view kRetryJitterHelp =
    "How many percent of each wait are left to chance, 0 to 100, so that many do not come back at once";
inline constexpr std::string_view kRetryErrorsHelp =
    "Codes of the errors after which a file is tried again, such as connection_lost and timeout; none: all that may pass";
inline constexpr std::int64_t kMostRetryFactor = 10;

/// The names that the fields have where they stand.
struct RetryNames {
    std::string_view wait, errors, longest_wait;
};
std::vector<Fault> retry_faults(const Retry& retry, const RetryNames& names);

/// `errors` as codes. Of a validated one.
std::vector<ErrorCode> retry_codes(const Retry& retry);

}  // namespace fairlead::catalog

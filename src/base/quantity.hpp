#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "fairlead/entry.hpp"

namespace fairlead {

/// Bytes from "4096", "10K", "10M", "1.5GiB", "2GB". K, M, G, T, P and KiB, MiB, ... count in 1024; KB, MB,
/// ... in 1000; case does not matter. Throws Error{invalid_argument} when it is none or too large; `what`
/// names the input.
std::uint64_t parse_size(std::string_view text, std::string_view what = "size");

/// A length of time from "90" (seconds), "500ms", "2h", "3d", "1w", "1h30m". Throws Error{invalid_argument}.
std::chrono::milliseconds parse_duration(std::string_view text, std::string_view what = "duration");

/// The moment an age means at `now`: a length of time ago ("2h"), or a date or RFC 3339 time ("2026-03-01",
/// "2026-03-01T09:30:00Z"; without a zone it is UTC), or the midnight (UTC) with which "today" or "yesterday" began. Throws Error{invalid_argument}.
Time parse_age(std::string_view text, Time now, std::string_view what = "age");

/// An RFC 3339 time, or a date alone (midnight UTC). Throws Error{invalid_argument}.
Time parse_rfc3339(std::string_view text, std::string_view what = "time");

/// "512 B", "1.5 KiB", "10 GiB".
std::string format_size(std::uint64_t bytes);
/// "45s", "2m05s", "3h12m", "2d04h".
std::string format_duration(std::chrono::milliseconds duration);

}  // namespace fairlead

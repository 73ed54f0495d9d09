#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace fairlead {

/// A fixed distance from UTC, "+02:00" or "-05:30"; at most 14 hours. Nothing for any other text.
std::optional<std::chrono::minutes> parse_zone_offset(std::string_view text) noexcept;
std::string format_zone_offset(std::chrono::minutes offset);

}  // namespace fairlead

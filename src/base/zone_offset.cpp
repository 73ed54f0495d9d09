#include "base/zone_offset.hpp"

#include <fmt/format.h>

#include <cstdlib>

namespace fairlead {

using std::chrono::minutes;

std::optional<minutes> parse_zone_offset(std::string_view text) noexcept {
    constexpr std::string_view kForm = "+00:00";
    if (text.size() != kForm.size() || (text[0] != '+' && text[0] != '-') || text[3] != ':')
        return std::nullopt;
    for (const auto at : {1, 2, 4, 5})
        if (text[at] < '0' || text[at] > '9') return std::nullopt;
    const auto number = [&](int at) { return (text[at] - '0') * 10 + (text[at + 1] - '0'); };
    const minutes offset(number(1) * 60 + number(4));
    if (number(4) > 59 || offset > std::chrono::hours(14)) return std::nullopt;
    return text[0] == '-' ? -offset : offset;
}

std::string format_zone_offset(minutes offset) {
    const auto count = std::abs(offset.count());
    return fmt::format("{}{:02}:{:02}", offset.count() < 0 ? '-' : '+', count / 60, count % 60);
}

}  // namespace fairlead

#include "ftp/listing/matches.hpp"

#include <charconv>

#include "ftp/text_match.hpp"

namespace fairlead::ftp {

Matches matches_in(std::string_view words) {
    const auto text = text::lowered(words);
    Matches matches;
    matches.truncated = text.find("output truncated to ") != std::string::npos;
    const auto end = text.find(" matches total");
    if (end == std::string::npos) return matches;
    auto begin = end;
    while (begin > 0 && text::is_digit(text[begin - 1]))
        --begin;
    std::uint64_t count = 0;
    const auto parsed = std::from_chars(text.data() + begin, text.data() + end, count);
    if (begin < end && parsed.ec == std::errc()) matches.sent = count;
    return matches;
}

}  // namespace fairlead::ftp

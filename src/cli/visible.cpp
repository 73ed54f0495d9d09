#include "cli/visible.hpp"

#include <fmt/format.h>
#include <cstdint>

namespace fairlead::cli {
namespace {

/// The length of the well-formed UTF-8 sequence at the beginning of `text`; 0 when there is none.
std::size_t sequence_length(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
    const auto first = byte(0);
    if (first < 0x80) return 1;
    const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || text.size() < length) return 0;
    for (std::size_t i = 1; i < length; ++i)
        if ((byte(i) & 0xc0) != 0x80) return 0;
    if ((first == 0xe0 && byte(1) < 0xa0) || (first == 0xed && byte(1) > 0x9f))
        return 0;  // overlong, surrogate
    if ((first == 0xf0 && byte(1) < 0x90) || (first == 0xf4 && byte(1) > 0x8f)) return 0;
    return length;
}

bool is_control(std::string_view sequence) {
    const auto first = static_cast<std::uint8_t>(sequence[0]);
    if (sequence.size() == 1) return first < 0x20 || first == 0x7f;
    return first == 0xc2 && static_cast<std::uint8_t>(sequence[1]) < 0xa0;  // C1 controls
}

}  // namespace

std::string visible(std::string_view text) {
    std::string result;
    while (!text.empty()) {
        const auto length = sequence_length(text);
        const auto piece = text.substr(0, length == 0 ? 1 : length);
        if (length == 0 || is_control(piece)) {
            for (const char c : piece)
                result += fmt::format("\\x{:02x}", static_cast<std::uint8_t>(c));
        } else {
            result += piece;
        }
        text.remove_prefix(piece.size());
    }
    return result;
}

std::string to_utf8(std::string_view text) {
    std::string result;
    while (!text.empty()) {
        const auto length = sequence_length(text);
        if (length == 0) {
            result += "\xef\xbf\xbd";
            text.remove_prefix(1);
        } else {
            result += text.substr(0, length);
            text.remove_prefix(length);
        }
    }
    return result;
}

}  // namespace fairlead::cli

#include "base/utf8.hpp"

#include <fmt/format.h>
#include <locale.h>
#include <wctype.h>

#include <cstdint>

namespace fairlead {
namespace {

struct Decoded {
    std::uint32_t character = 0;
    std::size_t length = 0;  ///< bytes used; 0: not well-formed here
};

/// The character at `at` (Unicode, table 3-7).
Decoded decode(std::string_view text, std::size_t at) noexcept {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[at + i]); };
    const auto lead = byte(0);
    if (lead < 0x80) return {lead, 1};
    std::size_t length = 0;
    std::uint32_t character = 0, lowest = 0;
    if (lead >= 0xC2 && lead <= 0xDF) {
        length = 2, character = lead & 0x1FU, lowest = 0x80;
    } else if ((lead & 0xF0) == 0xE0) {
        length = 3, character = lead & 0x0FU, lowest = 0x800;
    } else if (lead >= 0xF0 && lead <= 0xF4) {
        length = 4, character = lead & 0x07U, lowest = 0x10000;
    } else {
        return {};
    }
    if (text.size() - at < length) return {};
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xC0) != 0x80) return {};
        character = (character << 6) | (byte(i) & 0x3FU);
    }
    if (character < lowest || character > 0x10FFFF || (character >= 0xD800 && character <= 0xDFFF)) return {};
    return {character, length};
}

/// Characters that move the cursor, start a terminal command, break a line or reorder what stands around
/// them.
bool drives_display(std::uint32_t c) noexcept {
    return c < 0x20 || (c >= 0x7F && c <= 0x9F) || c == 0x061C || c == 0x200E || c == 0x200F ||
           (c >= 0x2028 && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) || c == 0xFEFF ||
           (c >= 0xFFF9 && c <= 0xFFFB) || (c >= 0xE0000 && c <= 0xE007F);
}

}  // namespace

bool is_valid_utf8(std::string_view text) noexcept {
    for (std::size_t at = 0; at < text.size();) {
        const auto found = decode(text, at);
        if (found.length == 0) return false;
        at += found.length;
    }
    return true;
}

std::string to_printable(std::string_view text) {
    std::string result;
    result.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        const auto found = decode(text, at);
        if (found.length == 0) {
            result += fmt::format("\\x{:02x}", static_cast<unsigned char>(text[at]));
            ++at;
            continue;
        }
        const auto c = found.character;
        if (!drives_display(c))
            result.append(text.substr(at, found.length));
        else if (c == '\n')
            result += "\\n";
        else if (c == '\r')
            result += "\\r";
        else if (c == '\t')
            result += "\\t";
        else if (c < 0x80)
            result += fmt::format("\\x{:02x}", c);
        else
            result += fmt::format("\\u{:04x}", c);
        at += found.length;
    }
    return result;
}

std::string case_key(std::string_view text) {
    static const locale_t kUnicode = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
    std::string key;
    key.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        const auto found = decode(text, at);
        if (found.length <= 1) {
            const auto c = text[at++];
            key += c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
            continue;
        }
        auto c = static_cast<wint_t>(found.character);
        if (kUnicode != nullptr) c = ::towlower_l(::towupper_l(c, kUnicode), kUnicode);
        for (int shift = 0; shift < 24; shift += 8)
            key += static_cast<char>(c >> shift);
        at += found.length;
    }
    return key;
}

std::string to_valid_utf8(std::string_view text) {
    std::string result;
    result.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        const auto found = decode(text, at);
        if (found.length == 0)
            result += "\xEF\xBF\xBD";
        else
            result.append(text.substr(at, found.length));
        at += found.length == 0 ? 1 : found.length;
    }
    return result;
}

}  // namespace fairlead

#include "service/preview/encoding.hpp"

#include <iconv.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <type_traits>

#include "base/utf8.hpp"
#include "fairlead/error.hpp"

namespace fairlead::service::preview {
namespace {

constexpr std::string_view kMark8 = "\xef\xbb\xbf", kMarkLittle = "\xff\xfe", kMarkBig = "\xfe\xff";
constexpr std::size_t kLongestCharacter = 4;

bool is_utf8(std::string_view bytes, bool whole) {
    if (is_valid_utf8(bytes)) return true;
    if (whole) return false;
    // The cut may be inside of a character.
    for (std::size_t n = 1; n < kLongestCharacter && n < bytes.size(); ++n)
        if (is_valid_utf8(bytes.substr(0, bytes.size() - n)))
            return (static_cast<unsigned char>(bytes[bytes.size() - n]) & 0xc0) == 0xc0;
    return false;
}

std::size_t mark_of(std::string_view bytes, const Encoding& encoding) {
    if (!encoding.bom) return 0;
    return bytes.starts_with(kMark8) ? kMark8.size() : kMarkLittle.size();
}

}  // namespace

Encoding detect_encoding(std::string_view bytes, bool whole) {
    if (bytes.starts_with(kMark8)) return {"UTF-8", true};
    if (bytes.starts_with(kMarkLittle)) return {"UTF-16LE", true};
    if (bytes.starts_with(kMarkBig)) return {"UTF-16BE", true};
    if (is_utf8(bytes, whole)) return {"UTF-8", false};
    const bool windows = std::ranges::any_of(bytes, [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte >= 0x80 && byte < 0xa0;
    });
    return {windows ? "windows-1252" : "ISO-8859-1", false};
}

bool is_binary(std::string_view bytes, const Encoding& encoding) {
    if (encoding.name.starts_with("UTF-16")) return false;
    if (bytes.find('\0') != std::string_view::npos) return true;
    const auto strange = std::ranges::count_if(bytes, [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte < 0x20 && c != '\t' && c != '\n' && c != '\r' && c != '\f' && byte > 0x02 && byte != 0x1b;
    });
    return strange * 20 > static_cast<std::ptrdiff_t>(bytes.size());
}

std::string decode(std::string_view bytes, const Encoding& encoding) {
    bytes.remove_prefix(mark_of(bytes, encoding));
    if (encoding.name == "UTF-8") return to_valid_utf8(bytes);
    struct Close {
        void operator()(iconv_t handle) const { iconv_close(handle); }
    };
    const auto handle = iconv_open("UTF-8", encoding.name.c_str());
    if (handle == reinterpret_cast<iconv_t>(-1))
        throw Error(ErrorCode::invalid_argument, fmt::format("'{}' is not a known encoding.", encoding.name))
            .hinting("name one such as UTF-8, ISO-8859-1, windows-1252 or UTF-16LE");
    const std::unique_ptr<std::remove_pointer_t<iconv_t>, Close> converter(handle);
    std::string text;
    std::array<char, 4096> piece;
    auto* in = const_cast<char*>(bytes.data());
    auto left = bytes.size();
    while (left > 0) {
        auto* out = piece.data();
        auto room = piece.size();
        const auto result = iconv(converter.get(), &in, &left, &out, &room);
        const auto problem = errno;
        text.append(piece.data(), piece.size() - room);
        if (result != static_cast<std::size_t>(-1) || problem == E2BIG) continue;
        if (problem == EINVAL) break;  // cut off inside of a character
        text += "\xef\xbf\xbd";
        ++in;
        --left;
    }
    return text;
}

}  // namespace fairlead::service::preview

#pragma once

#include <string>
#include <string_view>

namespace fairlead::service::preview {

/// How a text is written down.
struct Encoding {
    std::string name;  ///< "UTF-8", "UTF-16LE", "UTF-16BE", "ISO-8859-1" or "windows-1252"
    bool bom = false;  ///< a byte order mark stands at the beginning
};

/// What the bytes are. `whole` false: they were cut off at any place. Without a mark: UTF-8 where they are
/// valid in it, else the one of the two Latin charsets that has them.
Encoding detect_encoding(std::string_view bytes, bool whole);

/// Whether it is no text: it holds NUL (without being UTF-16) or many other control characters.
bool is_binary(std::string_view bytes, const Encoding& encoding);

/// As UTF-8, without the mark. `charset` is any name that iconv knows. What cannot be converted becomes
/// U+FFFD. Throws Error{invalid_argument} for a charset that is not known.
std::string decode(std::string_view bytes, const Encoding& encoding);

}  // namespace fairlead::service::preview

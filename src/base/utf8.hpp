#pragma once

#include <string>
#include <string_view>

namespace fairlead {

/// Whether the bytes are well-formed UTF-8 (no overlong forms, no surrogates, nothing above U+10FFFF).
bool is_valid_utf8(std::string_view text) noexcept;

/// The text as a terminal may safely show it: control characters, escape sequences, invalid bytes, line
/// separators and characters that change the direction of text become visible ("\x1b", "\n", "\u202e"); the
/// rest stays. For people only: a backslash is not escaped, so it cannot be turned back.
std::string to_printable(std::string_view text);

/// A key that is the same for names that differ only in upper and lower case. For comparing, not for reading.
std::string case_key(std::string_view text);

/// Valid UTF-8 for JSON and the like: each invalid byte becomes U+FFFD.
std::string to_valid_utf8(std::string_view text);

}  // namespace fairlead

#pragma once

#include <string>
#include <string_view>

namespace fairlead::cli {

/// Text from elsewhere, safe for a terminal: control characters and bytes that are not UTF-8 become \xNN.
std::string visible(std::string_view text);

/// Text from elsewhere, safe for JSON: bytes that are not UTF-8 become U+FFFD.
std::string to_utf8(std::string_view text);

}  // namespace fairlead::cli

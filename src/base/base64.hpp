#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace fairlead {

/// With padding, "+" and "/" (RFC 4648, 4).
std::string to_base64(std::string_view bytes);
/// Nothing when it is not base64. Takes text with and without padding.
std::optional<std::string> from_base64(std::string_view text);

/// For URLs and cursors: without padding, "-" and "_" (RFC 4648, 5).
std::string to_base64url(std::string_view bytes);
std::optional<std::string> from_base64url(std::string_view text);

}  // namespace fairlead

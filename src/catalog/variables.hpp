#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace fairlead::catalog {

/// The name of the first `${name}` in a text, if there is one. `$${` is not one: it stands for a literal
/// "${".
std::optional<std::string> first_variable(std::string_view text);

/// The text with every `${name}` replaced and `$${` as "${".
/// Throws Error{invalid_argument} for a variable, naming it and `field`: nothing defines variables yet.
std::string expand(std::string_view text, std::string_view field);

}  // namespace fairlead::catalog

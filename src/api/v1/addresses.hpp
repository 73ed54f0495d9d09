#pragma once

#include <string>
#include <string_view>

namespace fairlead::api {

/// A part of a path, with everything escaped that has a meaning there.
std::string escaped(std::string_view part);
/// "/v1/projects/PROJECT/NOUN/NAME"
std::string address_of(std::string_view project, std::string_view noun, std::string_view name);

}  // namespace fairlead::api

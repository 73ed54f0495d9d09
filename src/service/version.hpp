#pragma once

#include <string_view>

namespace fairlead::service {

/// The version of this build, such as "0.1.0".
std::string_view version() noexcept;

}  // namespace fairlead::service

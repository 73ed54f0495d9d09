#pragma once

#include <string_view>

namespace fairlead::catalog {

/// What a field of a connection is for, in one line; empty for what is no field. See connection_fields.hpp for them.
std::string_view help_of_connection(std::string_view path) noexcept;

}  // namespace fairlead::catalog

#pragma once

#include <string_view>

#include "fairlead/error.hpp"

namespace fairlead::store {

/// conflict: another look has begun since, so this one must write nothing.
Error look_was_overtaken(std::string_view monitor);

}  // namespace fairlead::store

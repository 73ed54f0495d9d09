#pragma once

#include "fairlead/error.hpp"

namespace fairlead {

/// Whether this keeps every other file of the same server from being reached too.
bool is_unreachable(const Error& error) noexcept;

}  // namespace fairlead

#pragma once

#include <string>

#include "fairlead/error.hpp"

namespace fairlead::service {

/// The likely fix of a failed attempt to reach a server: the error's own hint, else one by code. May be
/// empty.
std::string hint_for(const Error& error);

}  // namespace fairlead::service

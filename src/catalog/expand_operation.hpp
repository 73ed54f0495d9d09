#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "catalog/operation.hpp"
#include "catalog/variables.hpp"

namespace fairlead::catalog {

/// The variables that an operation's directories, names and filter values need, each once.
std::vector<std::string> variables_in(const Operation& operation);

/// The operation with its variables replaced. Throws Error{invalid_argument} naming every field, variable and the
/// environment (empty: none was chosen): for an unknown variable, and for a secret one, because what an operation
/// does is recorded and shown.
Operation require_expanded(Operation operation, const VariableLookup& lookup, std::string_view environment);

}  // namespace fairlead::catalog

#pragma once

#include "catalog/operation.hpp"
#include "catalog/resource.hpp"

namespace fairlead::catalog {

Resource resource_of(const Operation& operation);
/// Throws Error{internal} naming the field when the stored definition is damaged.
Operation operation_of(const Resource& resource);

}  // namespace fairlead::catalog

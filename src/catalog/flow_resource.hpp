#pragma once

#include "catalog/flow.hpp"
#include "catalog/resource.hpp"

namespace fairlead::catalog {

Resource resource_of(const Flow& flow);
/// Throws Error{internal} naming the field when the stored definition is damaged.
Flow flow_of(const Resource& resource);

}  // namespace fairlead::catalog

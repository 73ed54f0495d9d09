#pragma once

#include "catalog/resource.hpp"

namespace fairlead::store {
class ResourceStore;
}

namespace fairlead::service {

/// Throws invalid_argument, naming them all in their order, when flows would start each other in a ring with this one as it is
/// about to be stored.
void refuse_ring(store::ResourceStore& resources, const catalog::Resource& flow);

}  // namespace fairlead::service

#pragma once

#include "catalog/connection.hpp"
#include "catalog/resource.hpp"

namespace fairlead::catalog {

/// A connection as the store keeps it. Secrets in the clear are left out: seal them before.
Resource to_resource(const Connection& connection);

/// And back. Throws internal, naming the field, when the stored definition is damaged.
Connection connection_of(const Resource& resource);

}  // namespace fairlead::catalog

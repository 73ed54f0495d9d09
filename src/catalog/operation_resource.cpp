#include "catalog/operation_resource.hpp"

#include "catalog/expand_operation.hpp"
#include "catalog/typed_resource.hpp"

namespace fairlead::catalog {

Resource resource_of(const Operation& operation) {
    auto resource = resource_with(Kind::operation, operation);
    refer(resource, Kind::connection, operation.connection);
    for (const auto& variable : variables_in(operation))
        refer(resource, Kind::variable, variable);
    return resource;
}

Operation operation_of(const Resource& resource) {
    return value_of<Operation>(resource);
}

}  // namespace fairlead::catalog

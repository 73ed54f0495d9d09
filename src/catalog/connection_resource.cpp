#include "catalog/connection_resource.hpp"

#include "catalog/expand_connection.hpp"
#include "catalog/typed_resource.hpp"

namespace fairlead::catalog {

Resource to_resource(const Connection& connection) {
    auto resource = resource_with(Kind::connection, connection);
    for (const auto& variable : variables_in(connection))
        refer(resource, Kind::variable, variable);
    return resource;
}

Connection connection_of(const Resource& resource) {
    return value_of<Connection>(resource);
}

}  // namespace fairlead::catalog

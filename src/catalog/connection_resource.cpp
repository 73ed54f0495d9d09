#include "catalog/connection_resource.hpp"

#include <fmt/format.h>

#include "catalog/expand_connection.hpp"

namespace fairlead::catalog {

Resource to_resource(const Connection& connection) {
    Resource resource;
    resource.kind = Kind::connection;
    resource.record = connection.record;
    resource.name = connection.name;
    resource.enabled = connection.enabled;
    resource.tags = connection.tags;
    resource.definition = fields_to_json(connection);
    for (const auto* column : {"name", "enabled", "tags"})
        resource.definition.erase(column);
    resource.sealed = connection.sealed;
    for (auto& variable : variables_in(connection))
        resource.references.push_back({Kind::variable, std::move(variable)});
    return resource;
}

Connection connection_of(const Resource& resource) {
    ConnectionPatch stored;
    stored.fields = resource.definition;
    std::vector<Fault> faults;
    auto connection = apply(Connection{}, stored, faults);
    if (!faults.empty())
        throw Error(ErrorCode::internal,
                    fmt::format("The stored definition of the connection '{}' is damaged in the field {}.",
                                resource.name, faults.front().field));
    connection.record = resource.record;
    connection.name = resource.name;
    connection.enabled = resource.enabled;
    connection.tags = resource.tags;
    connection.sealed = resource.sealed;
    return connection;
}

}  // namespace fairlead::catalog

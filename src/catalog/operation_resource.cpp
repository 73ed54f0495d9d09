#include "catalog/operation_resource.hpp"

#include <fmt/format.h>

#include "catalog/expand_operation.hpp"

namespace fairlead::catalog {

Resource resource_of(const Operation& operation) {
    Resource resource;
    resource.kind = Kind::operation;
    resource.record = operation.record;
    resource.name = operation.name;
    resource.enabled = operation.enabled;
    resource.tags = operation.tags;
    resource.definition = fields_to_json(operation);
    for (const auto* apart : {"name", "enabled", "tags"})
        resource.definition.erase(apart);
    if (!operation.connection.empty()) resource.references.push_back({Kind::connection, operation.connection});
    for (auto& variable : variables_in(operation))
        resource.references.push_back({Kind::variable, std::move(variable)});
    return resource;
}

Operation operation_of(const Resource& resource) {
    std::vector<Fault> faults;
    auto operation = apply(Operation{}, resource.definition, faults);
    if (!faults.empty())
        throw Error(ErrorCode::internal,
                    fmt::format("The stored definition of the operation '{}' is damaged in the field {}.",
                                resource.name, faults.front().field));
    operation.record = resource.record;
    operation.name = resource.name;
    operation.enabled = resource.enabled;
    operation.tags = resource.tags;
    return operation;
}

}  // namespace fairlead::catalog

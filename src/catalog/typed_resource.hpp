#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "catalog/resource.hpp"
#include "fairlead/error.hpp"

/// What connections, operations, flows and monitors share on their way from and to a Resource: each of these values has
/// a record, name, enabled, tags, and its fields by `apply` and `fields_to_json`.
namespace fairlead::catalog {

/// All but what it refers to.
template <class Value>
Resource resource_with(Kind kind, const Value& value) {
    Resource resource;
    resource.kind = kind;
    resource.record = value.record;
    resource.name = value.name;
    resource.enabled = value.enabled;
    resource.tags = value.tags;
    resource.definition = fields_to_json(value);
    for (const auto* apart : {"name", "enabled", "tags"})
        resource.definition.erase(apart);
    if constexpr (requires { value.sealed; }) resource.sealed = value.sealed;
    return resource;
}

/// Names once what it refers to.
inline void refer(Resource& resource, Kind kind, const std::string& name) {
    Reference reference{kind, name};
    if (!name.empty() && std::ranges::find(resource.references, reference) == resource.references.end())
        resource.references.push_back(std::move(reference));
}

/// What is wrong with its fields is added to `faults`.
template <class Value>
Value value_in(const Resource& resource, std::vector<Fault>& faults) {
    auto value = apply(Value{}, resource.definition, faults);
    value.record = resource.record;
    value.name = resource.name;
    value.enabled = resource.enabled;
    value.tags = resource.tags;
    if constexpr (requires { value.sealed; }) value.sealed = resource.sealed;
    return value;
}

/// Throws Error{internal} for a damaged one.
template <class Value>
Value value_of(const Resource& resource) {
    std::vector<Fault> faults;
    auto value = value_in<Value>(resource, faults);
    if (faults.empty()) return value;
    throw Error(ErrorCode::internal, fmt::format("The stored definition of the {} '{}' is damaged in the field {}.",
                                                 to_string(resource.kind), resource.name, faults.front().field));
}

}  // namespace fairlead::catalog

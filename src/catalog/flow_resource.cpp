#include "catalog/flow_resource.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace fairlead::catalog {

Resource resource_of(const Flow& flow) {
    Resource resource;
    resource.kind = Kind::flow;
    resource.record = flow.record;
    resource.name = flow.name;
    resource.enabled = flow.enabled;
    resource.tags = flow.tags;
    resource.definition = fields_to_json(flow);
    for (const auto* apart : {"name", "enabled", "tags"})
        resource.definition.erase(apart);
    const auto uses = [&](Kind kind, const std::string& name) {
        const Reference reference{kind, name};
        if (!name.empty() && std::ranges::find(resource.references, reference) == resource.references.end())
            resource.references.push_back(reference);
    };
    uses(Kind::connection, flow.source.connection);
    for (const auto& target : flow.targets)
        uses(Kind::connection, target.connection);
    for (const auto& before : flow.triggers.after)
        uses(Kind::flow, before);
    uses(Kind::monitor, flow.triggers.monitor);
    return resource;
}

Flow flow_of(const Resource& resource) {
    std::vector<Fault> faults;
    auto flow = apply(Flow{}, resource.definition, faults);
    if (!faults.empty())
        throw Error(ErrorCode::internal, fmt::format("The stored definition of the flow '{}' is damaged in the field {}.",
                                                     resource.name, faults.front().field));
    flow.record = resource.record;
    flow.name = resource.name;
    flow.enabled = resource.enabled;
    flow.tags = resource.tags;
    return flow;
}

}  // namespace fairlead::catalog

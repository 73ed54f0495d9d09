#include "catalog/flow_resource.hpp"

#include "catalog/typed_resource.hpp"

namespace fairlead::catalog {

Resource resource_of(const Flow& flow) {
    auto resource = resource_with(Kind::flow, flow);
    refer(resource, Kind::connection, flow.source.connection);
    for (const auto& target : flow.targets)
        refer(resource, Kind::connection, target.connection);
    for (const auto& before : flow.triggers.after)
        refer(resource, Kind::flow, before);
    refer(resource, Kind::monitor, flow.triggers.monitor);
    return resource;
}

Flow flow_of(const Resource& resource) {
    return value_of<Flow>(resource);
}

}  // namespace fairlead::catalog

#include "service/flows.hpp"

#include <fmt/format.h>

#include "catalog/flow_resource.hpp"
#include "service/stamp.hpp"
#include "service/things.hpp"
#include "service/workspace.hpp"
#include "store/store.hpp"

namespace fairlead::service {
namespace {

using catalog::Kind;
using catalog::Flow;

}  // namespace

std::string consumer_of_flow(std::string_view id) {
    return fmt::format("flow:{}", id);
}

Flow Flows::get(std::string_view project, std::string_view name) {
    return catalog::flow_of(Things(workspace_).get(Kind::flow, project, name));
}

Flow Flows::usable(std::string_view project, std::string_view name) {
    return catalog::flow_of(Things(workspace_).usable(Kind::flow, project, name));
}

std::vector<Flow> Flows::list(std::string_view project) {
    std::vector<Flow> found;
    for (const auto& resource : Things(workspace_).list(Kind::flow, project))
        found.push_back(catalog::flow_of(resource));
    return found;
}

std::vector<catalog::FileVersion> Flows::files(std::string_view project, std::string_view name,
                                               store::VersionQuery query) {
    query.flow = get(project, name).record.id;
    return workspace_.store().deliveries().list(query);
}

std::size_t Flows::reset(std::string_view project, std::string_view name, store::VersionQuery query) {
    const auto flow = get(project, name);
    query.flow = flow.record.id;
    auto& store = workspace_.store();
    std::size_t count = 0;
    store.together([&] {
        count = store.deliveries().forget(query);
        store::AuditEntry entry;
        entry.at = now();
        entry.by = workspace_.actor().name;
        entry.via = workspace_.actor().via;
        entry.action = "reset";
        entry.kind = "flow";
        entry.resource = flow.record.id;
        entry.project = flow.record.project;
        entry.name = flow.name;
        store.audit().record(entry);
    });
    return count;
}

}  // namespace fairlead::service

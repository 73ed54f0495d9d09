#include "service/flows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "base/near.hpp"
#include "catalog/flow_resource.hpp"
#include "service/connections.hpp"
#include "service/workspace.hpp"
#include "store/event_store.hpp"
#include "store/store.hpp"

namespace fairlead::service {
namespace {

using catalog::Kind;
using catalog::Flow;

Time now() {
    return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

void require_revision(const Flow& flow, std::optional<std::int64_t> expected) {
    if (!expected || *expected == flow.record.revision) return;
    throw Error(ErrorCode::conflict,
                fmt::format("The flow '{}' is at revision {}, not {}; nothing was changed.", flow.name,
                            flow.record.revision, *expected))
        .hinting("look at it again and repeat the change");
}

}  // namespace

std::string consumer_of_flow(std::string_view id) {
    return fmt::format("flow:{}", id);
}

SavedFlow Flows::store(Flow flow, store::Change change, std::vector<Fault> faults) {
    for (auto& fault : catalog::validate(flow))
        faults.push_back(std::move(fault));
    if (!faults.empty()) {
        const auto& first = faults.front();
        Error error(ErrorCode::invalid_argument,
                    fmt::format("The flow is not valid: {} {}.", first.field, first.problem));
        error.faults = std::move(faults);
        throw error;
    }
    SavedFlow saved;
    const auto connections = workspace_.connections().names(flow.record.project);
    const auto require = [&](std::string field, const std::string& wanted) {
        const auto same = [&](const std::string& name) { return catalog::name_key(name) == catalog::name_key(wanted); };
        if (!wanted.empty() && std::ranges::none_of(connections, same))
            saved.warnings.push_back({std::move(field), wanted, "does not exist yet"});
    };
    require("source.connection", flow.source.connection);
    for (std::size_t i = 0; i < flow.targets.size(); ++i)
        require(fmt::format("targets[{}].connection", i), flow.targets[i].connection);
    auto& record = flow.record;
    record.revision += 1;
    record.updated_at = now();
    record.updated_by = workspace_.actor().name;
    if (change == store::Change::create) {
        record.created_at = record.updated_at;
        record.created_by = record.updated_by;
    }
    store::ResourceChange stored;
    stored.change = change;
    stored.resource = catalog::resource_of(flow);
    workspace_.store().resources().apply(stored, workspace_.actor().via);
    // Events are kept for whoever takes them.
    if (flow.triggers.monitor.empty()) workspace_.store().events().unsubscribe(consumer_of_flow(flow.record.id));
    saved.flow = std::move(flow);
    return saved;
}

SavedFlow Flows::create(std::string_view project, std::string_view name,
                                  const boost::json::object& fields) {
    std::vector<Fault> faults;
    auto flow = catalog::apply(Flow{}, fields, faults);
    flow.name = name;
    flow.record.project = project;
    flow.record.id = catalog::make_id();
    return store(std::move(flow), store::Change::create, std::move(faults));
}

SavedFlow Flows::update(std::string_view project, std::string_view name,
                                  const boost::json::object& fields, bool replace,
                                  std::optional<std::int64_t> expected_revision) {
    const auto before = get(project, name);
    require_revision(before, expected_revision);
    auto base = before;
    if (replace) {
        base = Flow{};
        base.record = before.record;
        base.name = before.name;
    }
    std::vector<Fault> faults;
    auto after = catalog::apply(std::move(base), fields, faults);
    const bool renamed = after.name != before.name;
    return store(std::move(after), renamed ? store::Change::rename : store::Change::update, std::move(faults));
}

Flow Flows::set_enabled(std::string_view project, std::string_view name, bool enabled,
                        std::optional<std::int64_t> expected_revision) {
    auto flow = get(project, name);
    require_revision(flow, expected_revision);
    if (flow.enabled == enabled) return flow;
    flow.enabled = enabled;
    return store(std::move(flow), enabled ? store::Change::enable : store::Change::disable, {}).flow;
}

void Flows::remove(std::string_view project, std::string_view name,
                        std::optional<std::int64_t> expected_revision) {
    auto flow = get(project, name);
    require_revision(flow, expected_revision);
    flow.record.updated_at = now();
    flow.record.updated_by = workspace_.actor().name;
    store::ResourceChange change;
    change.change = store::Change::remove;
    change.resource = catalog::resource_of(flow);
    auto& store = workspace_.store();
    store.together([&] {
        store.resources().apply(change, workspace_.actor().via);
        store.deliveries().forget_flow(flow.record.id);
        store.events().unsubscribe(consumer_of_flow(flow.record.id));
    });
}

Flow Flows::get(std::string_view project, std::string_view name) {
    auto& resources = workspace_.store().resources();
    auto found = resources.find(Kind::flow, project, name);
    if (!found) found = resources.find(Kind::flow, catalog::kGlobalProject, name);
    if (found) return catalog::flow_of(*found);
    const auto close = nearest(name, names(project));
    throw Error(ErrorCode::not_found, fmt::format("There is no flow '{}' in the project '{}'.", name, project))
        .hinting(close.empty() ? "'flow list' shows those that are there"
                               : fmt::format("did you mean '{}'?", close));
}

Flow Flows::usable(std::string_view project, std::string_view name) {
    auto flow = get(project, name);
    if (!flow.enabled)
        throw Error(ErrorCode::disabled, fmt::format("The flow '{}' is disabled.", flow.name))
            .hinting(fmt::format("fairlead flow enable {}", flow.name));
    return flow;
}

std::vector<Flow> Flows::list(std::string_view project) {
    store::ResourceQuery query;
    query.kind = Kind::flow;
    query.projects = {std::string(project)};
    std::vector<Flow> found;
    for (const auto& resource : workspace_.store().resources().list(query))
        found.push_back(catalog::flow_of(resource));
    if (project == catalog::kGlobalProject) return found;
    const auto hidden = [&](const Flow& flow) {
        return std::ranges::any_of(found, [&](const Flow& own) {
            return catalog::name_key(own.name) == catalog::name_key(flow.name);
        });
    };
    query.projects = {std::string(catalog::kGlobalProject)};
    std::vector<Flow> global;
    for (const auto& resource : workspace_.store().resources().list(query))
        if (auto flow = catalog::flow_of(resource); !hidden(flow))
            global.push_back(std::move(flow));
    std::ranges::move(global, std::back_inserter(found));
    std::ranges::sort(found, {}, [](const Flow& flow) { return catalog::name_key(flow.name); });
    return found;
}

std::vector<std::string> Flows::names(std::string_view project) {
    std::vector<std::string> names;
    for (const auto& flow : list(project))
        names.push_back(flow.name);
    return names;
}

std::vector<catalog::FileVersion> Flows::files(std::string_view project, std::string_view name,
                                               store::VersionQuery query) {
    query.flow = get(project, name).record.id;
    return workspace_.store().deliveries().list(query);
}

std::vector<store::Notice> Flows::notices(std::string_view project, std::string_view name, std::size_t limit) {
    return workspace_.store().deliveries().notices(get(project, name).record.id, limit);
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

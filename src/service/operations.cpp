#include "service/operations.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "base/near.hpp"
#include "catalog/expand_operation.hpp"
#include "catalog/operation_resource.hpp"
#include "service/connections.hpp"
#include "service/places.hpp"
#include "service/variables.hpp"
#include "service/workspace.hpp"
#include "store/store.hpp"

namespace fairlead::service {
namespace {

using catalog::Kind;
using catalog::Operation;

Time now() {
    return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

void require_revision(const Operation& operation, std::optional<std::int64_t> expected) {
    if (!expected || *expected == operation.record.revision) return;
    throw Error(ErrorCode::conflict,
                fmt::format("The operation '{}' is at revision {}, not {}; nothing was changed.", operation.name,
                            operation.record.revision, *expected))
        .hinting("look at it again and repeat the change");
}

}  // namespace

SavedOperation Operations::store(Operation operation, store::Change change, std::vector<Fault> faults) {
    for (auto& fault : catalog::validate(operation))
        faults.push_back(std::move(fault));
    if (!faults.empty()) {
        const auto& first = faults.front();
        Error error(ErrorCode::invalid_argument,
                    fmt::format("The operation is not valid: {} {}.", first.field, first.problem));
        error.faults = std::move(faults);
        throw error;
    }
    SavedOperation saved;
    const auto connections = workspace_.connections().names(operation.record.project);
    const auto same = [&](const std::string& name) {
        return catalog::name_key(name) == catalog::name_key(operation.connection);
    };
    if (std::ranges::none_of(connections, same))
        saved.warnings.push_back({"connection", operation.connection, "does not exist yet"});
    auto& record = operation.record;
    record.revision += 1;
    record.updated_at = now();
    record.updated_by = workspace_.actor().name;
    if (change == store::Change::create) {
        record.created_at = record.updated_at;
        record.created_by = record.updated_by;
    }
    store::ResourceChange stored;
    stored.change = change;
    stored.resource = catalog::resource_of(operation);
    workspace_.store().resources().apply(stored, workspace_.actor().via);
    saved.operation = std::move(operation);
    return saved;
}

SavedOperation Operations::create(std::string_view project, std::string_view name,
                                  const boost::json::object& fields) {
    std::vector<Fault> faults;
    auto operation = catalog::apply(Operation{}, fields, faults);
    operation.name = name;
    operation.record.project = project;
    operation.record.id = catalog::make_id();
    return store(std::move(operation), store::Change::create, std::move(faults));
}

SavedOperation Operations::update(std::string_view project, std::string_view name,
                                  const boost::json::object& fields, bool replace,
                                  std::optional<std::int64_t> expected_revision) {
    const auto before = get(project, name);
    require_revision(before, expected_revision);
    auto base = before;
    if (replace) {
        base = Operation{};
        base.record = before.record;
        base.name = before.name;
    }
    std::vector<Fault> faults;
    auto after = catalog::apply(std::move(base), fields, faults);
    const bool renamed = after.name != before.name;
    return store(std::move(after), renamed ? store::Change::rename : store::Change::update, std::move(faults));
}

void Operations::remove(std::string_view project, std::string_view name,
                        std::optional<std::int64_t> expected_revision) {
    auto operation = get(project, name);
    require_revision(operation, expected_revision);
    operation.record.updated_at = now();
    operation.record.updated_by = workspace_.actor().name;
    store::ResourceChange change;
    change.change = store::Change::remove;
    change.resource = catalog::resource_of(operation);
    workspace_.store().resources().apply(change, workspace_.actor().via);
}

Operation Operations::get(std::string_view project, std::string_view name) {
    auto& resources = workspace_.store().resources();
    auto found = resources.find(Kind::operation, project, name);
    if (!found) found = resources.find(Kind::operation, catalog::kGlobalProject, name);
    if (found) return catalog::operation_of(*found);
    const auto close = nearest(name, names(project));
    throw Error(ErrorCode::not_found, fmt::format("There is no operation '{}' in the project '{}'.", name, project))
        .hinting(close.empty() ? "'operation list' shows those that are there"
                               : fmt::format("did you mean '{}'?", close));
}

Operation Operations::usable(std::string_view project, std::string_view name) {
    auto operation = get(project, name);
    if (!operation.enabled)
        throw Error(ErrorCode::disabled, fmt::format("The operation '{}' is disabled.", operation.name))
            .hinting(fmt::format("fairlead operation update {} --set enabled=true", operation.name));
    return operation;
}

Operation Operations::expanded(Operation operation, std::string_view project) {
    auto environment = workspace_.environment();
    if (!environment.empty()) environment = require_environment(workspace_.store().resources(), environment).name;
    return catalog::require_expanded(
        std::move(operation), workspace_.variables().lookup(std::string(project), environment), environment);
}

std::vector<Operation> Operations::list(std::string_view project) {
    store::ResourceQuery query;
    query.kind = Kind::operation;
    query.projects = {std::string(project)};
    std::vector<Operation> found;
    for (const auto& resource : workspace_.store().resources().list(query))
        found.push_back(catalog::operation_of(resource));
    if (project == catalog::kGlobalProject) return found;
    const auto hidden = [&](const Operation& operation) {
        return std::ranges::any_of(found, [&](const Operation& own) {
            return catalog::name_key(own.name) == catalog::name_key(operation.name);
        });
    };
    query.projects = {std::string(catalog::kGlobalProject)};
    std::vector<Operation> global;
    for (const auto& resource : workspace_.store().resources().list(query))
        if (auto operation = catalog::operation_of(resource); !hidden(operation))
            global.push_back(std::move(operation));
    std::ranges::move(global, std::back_inserter(found));
    std::ranges::sort(found, {}, [](const Operation& operation) { return catalog::name_key(operation.name); });
    return found;
}

std::vector<std::string> Operations::names(std::string_view project) {
    std::vector<std::string> names;
    for (const auto& operation : list(project))
        names.push_back(operation.name);
    return names;
}

}  // namespace fairlead::service

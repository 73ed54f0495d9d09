#include "service/operations.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "catalog/expand_operation.hpp"
#include "catalog/operation_resource.hpp"
#include "service/places.hpp"
#include "service/stamp.hpp"
#include "service/things.hpp"
#include "service/variables.hpp"
#include "service/workspace.hpp"
#include "store/store.hpp"

namespace fairlead::service {
namespace {

using catalog::Kind;
using catalog::Operation;

}  // namespace

SavedOperation Operations::store(Operation operation, store::Change change, std::vector<Fault> faults,
                                 const std::string& old_name) {
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
    auto& resources = workspace_.store().resources();
    const auto& project = operation.record.project;
    if (!resources.find(Kind::connection, project, operation.connection) &&
        !resources.find(Kind::connection, catalog::kGlobalProject, operation.connection))
        saved.warnings.push_back({"connection", operation.connection, "does not exist yet"});
    stamp(operation.record, workspace_.actor());
    std::vector<store::ResourceChange> changes{{change, catalog::resource_of(operation), {}}};
    if (!old_name.empty() && old_name != operation.name)
        std::ranges::move(Things(workspace_).follow_rename(changes.front().resource, old_name),
                          std::back_inserter(changes));
    if (change == store::Change::create)
        apply_in_project(resources, workspace_.actor(), project, changes);
    else
        resources.apply(changes, workspace_.actor().via);
    saved.operation = std::move(operation);
    return saved;
}

SavedOperation Operations::create(std::string_view project, std::string_view name,
                                  const boost::json::object& fields) {
    std::vector<Fault> faults;
    auto operation = catalog::apply(Operation{}, fields, faults);
    operation.name = name;
    operation.record.project = project;
    return store(std::move(operation), store::Change::create, std::move(faults));
}

SavedOperation Operations::update(std::string_view project, std::string_view name,
                                  const boost::json::object& fields, bool replace,
                                  std::optional<std::int64_t> expected_revision) {
    const auto before = get(project, name);
    require_revision(Kind::operation, before.name, before.record, expected_revision);
    auto base = before;
    if (replace) {
        base = Operation{};
        base.record = before.record;
        base.name = before.name;
    }
    std::vector<Fault> faults;
    auto after = catalog::apply(std::move(base), fields, faults);
    const bool renamed = after.name != before.name;
    return store(std::move(after), renamed ? store::Change::rename : store::Change::update, std::move(faults),
                 before.name);
}

void Operations::remove(std::string_view project, std::string_view name,
                        std::optional<std::int64_t> expected_revision, bool force) {
    Things(workspace_).remove(Kind::operation, project, name, force, expected_revision);
}

Operation Operations::get(std::string_view project, std::string_view name) {
    return catalog::operation_of(Things(workspace_).get(Kind::operation, project, name));
}

Operation Operations::usable(std::string_view project, std::string_view name) {
    auto operation = get(project, name);
    if (!operation.enabled)
        throw Error(ErrorCode::disabled, fmt::format("The operation '{}' is disabled.", operation.name))
            .hinting(fmt::format("fairlead operation enable {}", operation.name));
    return operation;
}

Operation Operations::expanded(Operation operation, std::string_view project) {
    auto environment = workspace_.environment();
    if (!environment.empty()) environment = require_environment(workspace_.store().resources(), environment).name;
    return catalog::require_expanded(
        std::move(operation), workspace_.variables().lookup(std::string(project), environment), environment);
}

std::vector<Operation> Operations::list(std::string_view project) {
    std::vector<Operation> found;
    for (const auto& resource : Things(workspace_).list(Kind::operation, project))
        found.push_back(catalog::operation_of(resource));
    return found;
}

std::vector<std::string> Operations::names(std::string_view project) {
    return Things(workspace_).names(Kind::operation, project);
}

}  // namespace fairlead::service

#include "service/operations.hpp"

#include "catalog/expand_operation.hpp"
#include "catalog/operation_resource.hpp"
#include "service/places.hpp"
#include "service/things.hpp"
#include "service/variables.hpp"
#include "service/workspace.hpp"
#include "store/store.hpp"

namespace fairlead::service {
namespace {

using catalog::Kind;
using catalog::Operation;

}  // namespace

Operation Operations::get(std::string_view project, std::string_view name) {
    return catalog::operation_of(Things(workspace_).get(Kind::operation, project, name));
}

Operation Operations::usable(std::string_view project, std::string_view name) {
    return catalog::operation_of(Things(workspace_).usable(Kind::operation, project, name));
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

}  // namespace fairlead::service

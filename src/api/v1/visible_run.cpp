#include "api/v1/visible_run.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "catalog/resource.hpp"
#include "service/runs.hpp"
#include "service/workspace.hpp"

namespace fairlead::api {

std::vector<std::string> projects_of(const http::Request& request) {
    const auto project = request.parameters.find("project");
    if (project != request.parameters.end()) return {project->second};
    return request.principal.projects;
}

catalog::Run visible_run(service::Workspace& workspace, const http::Request& request) {
    service::Runs runs(workspace);
    const auto& id = request.parameters.at("id");
    auto run = runs.get(id);
    const auto projects = projects_of(request);
    const bool visible = projects.empty() || std::ranges::any_of(projects, [&](const std::string& project) {
                             return catalog::name_key(project) == catalog::name_key(run.project);
                         });
    if (visible) return run;
    throw Error(ErrorCode::not_found, fmt::format("There is no run '{}' here.", id));
}

}  // namespace fairlead::api

#include "api/project_book.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include "catalog/resource.hpp"
#include "service/places.hpp"
#include "service/workspace.hpp"
#include "service/workspace_pool.hpp"

namespace fairlead::api {
namespace {

constexpr std::chrono::seconds kFresh{2};
constexpr std::size_t kMost = 10'000;  // names; whoever has more looks them up more often
constexpr std::string_view kProject = "/v1/projects/{project}";

awaitable<http::Response> answer_in(ProjectBook& book, const http::Handler& handler, http::Request& request) {
    auto& project = request.parameters.at("project");
    project = co_await book.require(project);
    co_return co_await handler(request);
}

awaitable<http::Response> answer_and_forget(ProjectBook& book, const http::Handler& handler, http::Request& request) {
    auto response = co_await handler(request);
    book.forget();
    co_return response;
}

}  // namespace

awaitable<std::string> ProjectBook::require(std::string project) {
    const auto key = catalog::name_key(project);
    const auto now = Clock::now();
    const auto found = known_.find(key);
    if (found != known_.end() && now - found->second.at < kFresh) co_return found->second.name;
    if (found != known_.end()) known_.erase(found);
    const auto look = [&](service::Workspace& workspace) { return workspace.projects().get(project).name; };
    auto name = co_await workspaces_.run(service::Actor{"fairlead", "daemon"}, look);
    if (known_.size() >= kMost) known_.clear();
    known_.insert_or_assign(key, Known{name, now});
    co_return name;
}

void require_projects(service::WorkspacePool& workspaces, std::vector<http::Route>& rows) {
    const auto book = std::make_shared<ProjectBook>(workspaces);
    for (auto& row : rows) {
        if (!row.pattern.starts_with(kProject)) continue;
        auto& failures = row.notes.failures;
        if (std::ranges::find(failures, 404U) == failures.end()) failures.push_back(404);
        if (row.pattern != kProject)
            row.handler = [book, handler = std::move(row.handler)](http::Request& request) {
                return answer_in(*book, handler, request);
            };
        else if (row.method != "GET")
            row.handler = [book, handler = std::move(row.handler)](http::Request& request) {
                return answer_and_forget(*book, handler, request);
            };
    }
}

}  // namespace fairlead::api

// Projects and environments: a name, and what it is for.

#include "api/v1/places.hpp"

#include <boost/json/array.hpp>
#include <optional>

#include "api/fields.hpp"
#include "api/json.hpp"
#include "api/parameters.hpp"
#include "api/precondition.hpp"
#include "api/v1/addresses.hpp"
#include "service/places.hpp"
#include "service/workspace.hpp"
#include "service/workspace_pool.hpp"

namespace fairlead::api {
namespace {

namespace json = boost::json;
using catalog::Place;
using http::Principal;
using http::Request;
using http::Response;
using service::Workspace;

Response shown(const Request& request, const Place& place) {
    return tagged(request, place.record, answer(catalog::to_json(place)));
}

Response made(const Place& place, std::string location) {
    auto response = answer(catalog::to_json(place), 201);
    response.with("ETag", entity_tag(place.record));
    response.with("Location", std::move(location));
    return response;
}

Response nothing() {
    Response response;
    response.status = 204;
    return response;
}

struct Wish {
    std::string name;
    std::string description;
};

awaitable<Wish> new_wish(Request& request) {
    Fields fields(co_await json_of(request));
    Wish wish;
    wish.name = fields.required_text("name");
    wish.description = fields.text("description").value_or("");
    fields.done();
    co_return wish;
}

awaitable<std::string> new_description(Request& request) {
    Fields fields(co_await json_of(request));
    auto description = fields.text("description").value_or("");
    fields.ignore(
        {"name", "id", "project", "revision", "etag", "createdAt", "updatedAt", "createdBy", "updatedBy"});
    fields.done();
    co_return description;
}

awaitable<Response> list_projects(Services& services, Request& request) {
    refuse_unknown_parameters(request, {});
    const auto work = [&](Workspace& workspace) {
        json::array items;
        for (const auto& place : workspace.projects().list())
            if (request.principal.may_see(place.name)) items.push_back(catalog::to_json(place));
        return answer(json::object{{"items", std::move(items)}, {"next", nullptr}});
    };
    auto response = co_await services.workspaces.run(actor_of(request), work);
    co_return response;
}

awaitable<Response> create_project(Services& services, Request& request) {
    const auto wish = co_await new_wish(request);
    if (!request.principal.may_see(wish.name))
        throw http::Refusal{403,
                            Error(ErrorCode::permission_denied,
                                  "This token is for some projects only, and not for a new one."),
                            {}};
    const auto work = [&](Workspace& workspace) {
        const auto place = workspace.projects().create(wish.name, wish.description);
        return made(place, "/v1/projects/" + escaped(place.name));
    };
    auto response = co_await services.workspaces.run(actor_of(request), work);
    co_return response;
}

awaitable<Response> show_project(Services& services, Request& request) {
    const auto work = [&](Workspace& workspace) {
        return shown(request, workspace.projects().get(request.parameters.at("project")));
    };
    auto response = co_await services.workspaces.run(actor_of(request), work);
    co_return response;
}

awaitable<Response> change_project(Services& services, Request& request) {
    const auto description = co_await new_description(request);
    const auto work = [&](Workspace& workspace) {
        auto& projects = workspace.projects();
        const auto before = projects.get(request.parameters.at("project"));
        const auto revision = require_match(request, before.record);
        return shown(request, projects.describe(before.name, description, revision));
    };
    auto response = co_await services.workspaces.run(actor_of(request), work);
    co_return response;
}

awaitable<Response> remove_project(Services& services, Request& request) {
    const auto work = [&](Workspace& workspace) {
        auto& projects = workspace.projects();
        const auto before = projects.get(request.parameters.at("project"));
        projects.remove(before.name, require_match(request, before.record));
        return nothing();
    };
    auto response = co_await services.workspaces.run(actor_of(request), work);
    co_return response;
}

awaitable<Response> list_environments(Services& services, Request& request) {
    refuse_unknown_parameters(request, {});
    const auto work = [&](Workspace& workspace) {
        json::array items;
        for (const auto& place : workspace.environments().list())
            items.push_back(catalog::to_json(place));
        return answer(json::object{{"items", std::move(items)}, {"next", nullptr}});
    };
    auto response = co_await services.workspaces.run(actor_of(request), work);
    co_return response;
}

/// They are the same for all projects, so a token for some of them does not change them.
void require_all_projects(const Request& request) {
    if (request.principal.projects.empty()) return;
    throw http::Refusal{403,
                        Error(ErrorCode::permission_denied,
                              "Environments are the same for all projects; this token is for some only."),
                        {}};
}

awaitable<Response> create_environment(Services& services, Request& request) {
    require_all_projects(request);
    const auto wish = co_await new_wish(request);
    const auto work = [&](Workspace& workspace) {
        const auto place = workspace.environments().create(wish.name, wish.description);
        return made(place, address_of(request.parameters.at("project"), "environments", place.name));
    };
    auto response = co_await services.workspaces.run(actor_of(request), work);
    co_return response;
}

awaitable<Response> show_environment(Services& services, Request& request) {
    const auto work = [&](Workspace& workspace) {
        return shown(request, workspace.environments().get(request.parameters.at("name")));
    };
    auto response = co_await services.workspaces.run(actor_of(request), work);
    co_return response;
}

awaitable<Response> change_environment(Services& services, Request& request) {
    require_all_projects(request);
    const auto description = co_await new_description(request);
    const auto work = [&](Workspace& workspace) {
        auto& environments = workspace.environments();
        const auto before = environments.get(request.parameters.at("name"));
        const auto revision = require_match(request, before.record);
        return shown(request, environments.describe(before.name, description, revision));
    };
    auto response = co_await services.workspaces.run(actor_of(request), work);
    co_return response;
}

awaitable<Response> remove_environment(Services& services, Request& request) {
    require_all_projects(request);
    const bool force = truth_of(request, "force").value_or(false);
    const auto work = [&](Workspace& workspace) {
        auto& environments = workspace.environments();
        const auto before = environments.get(request.parameters.at("name"));
        environments.remove(before.name, force, require_match(request, before.record));
        return nothing();
    };
    auto response = co_await services.workspaces.run(actor_of(request), work);
    co_return response;
}

}  // namespace

std::vector<http::Route> place_routes(Services& services) {
    const auto with = [&services](awaitable<Response> (*handler)(Services&, Request&)) {
        return [&services, handler](Request& request) { return handler(services, request); };
    };
    using Role = Principal::Role;
    const std::string project = "/v1/projects/{project}", all = project + "/environments",
                      one = all + "/{name}";
    const std::vector<unsigned> change{404, 409, 412, 413, 415, 428};
    return {{"GET",
             "/v1/projects",
             Role::viewer,
             "List the projects",
             with(&list_projects),
             {.response = "PlacePage"}},
            {"POST",
             "/v1/projects",
             Role::admin,
             "Create a project",
             with(&create_project),
             {.request = "Place", .response = "Place", .success = 201, .failures = {409, 413, 415}}},
            {"GET",
             project,
             Role::viewer,
             "Show a project",
             with(&show_project),
             {.response = "Place", .failures = {404}}},
            {"PATCH",
             project,
             Role::admin,
             "Describe a project",
             with(&change_project),
             {.parameters = {if_match_parameter()},
              .request = "Description",
              .response = "Place",
              .failures = change}},
            {"DELETE",
             project,
             Role::admin,
             "Delete a project that is empty",
             with(&remove_project),
             {.parameters = {if_match_parameter()}, .success = 204, .failures = {404, 409, 412, 428}}},
            {"GET",
             all,
             Role::viewer,
             "List the environments, which are the same for all projects",
             with(&list_environments),
             {.response = "PlacePage"}},
            {"POST",
             all,
             Role::operator_,
             "Create an environment",
             with(&create_environment),
             {.request = "Place", .response = "Place", .success = 201, .failures = {409, 413, 415}}},
            {"GET",
             one,
             Role::viewer,
             "Show an environment",
             with(&show_environment),
             {.response = "Place", .failures = {404}}},
            {"PATCH",
             one,
             Role::operator_,
             "Describe an environment",
             with(&change_environment),
             {.parameters = {if_match_parameter()},
              .request = "Description",
              .response = "Place",
              .failures = change}},
            {"DELETE",
             one,
             Role::operator_,
             "Delete an environment",
             with(&remove_environment),
             {.description = "409 while a variable has a value for it; with force those values go too.",
              .parameters = {if_match_parameter(),
                             {"force", "With the values that variables have for it", "boolean"}},
              .success = 204,
              .failures = {404, 409, 412, 428}}}};
}

}  // namespace fairlead::api

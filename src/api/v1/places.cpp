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

Response list_of(json::array items) {
    return answer(json::object{{"items", std::move(items)}, {"next", nullptr}});
}

/// They are the same for all projects, so a token for some of them does not change them.
void require_all_projects(const Request& request) {
    if (request.principal.projects.empty()) return;
    throw http::Refusal{403,
                        Error(ErrorCode::permission_denied,
                              "Environments are the same for all projects; this token is for some only."),
                        {}};
}

/// What is different between projects and environments.
struct ProjectPlaces {
    static auto& of(Workspace& workspace) { return workspace.projects(); }
    static const std::string& name(const Request& request) { return request.parameters.at("project"); }
    static bool shows(const Request& request, const Place& place) { return request.principal.may_see(place.name); }
    static void may_change(const Request&) {}
    static void may_create(const Request& request, const std::string& name) {
        if (request.principal.may_see(name)) return;
        throw http::Refusal{403,
                            Error(ErrorCode::permission_denied,
                                  "This token is for some projects only, and not for a new one."),
                            {}};
    }
    static std::string address(const Request&, const Place& place) { return "/v1/projects/" + escaped(place.name); }
    static void remove(Workspace& workspace, const Place& place, bool, std::int64_t revision) {
        workspace.projects().remove(place.name, revision);
    }
};
struct EnvironmentPlaces {
    static auto& of(Workspace& workspace) { return workspace.environments(); }
    static const std::string& name(const Request& request) { return request.parameters.at("name"); }
    static bool shows(const Request&, const Place&) { return true; }
    static void may_change(const Request& request) { require_all_projects(request); }
    static void may_create(const Request& request, const std::string&) { require_all_projects(request); }
    static std::string address(const Request& request, const Place& place) {
        return address_of(request.parameters.at("project"), "environments", place.name);
    }
    static void remove(Workspace& workspace, const Place& place, bool force, std::int64_t revision) {
        workspace.environments().remove(place.name, force, revision);
    }
};

template <class Places>
awaitable<Response> list(Services& services, Request& request) {
    refuse_unknown_parameters(request, {});
    const auto work = [&](Workspace& workspace) {
        json::array items;
        for (const auto& place : Places::of(workspace).list())
            if (Places::shows(request, place)) items.push_back(catalog::to_json(place));
        return list_of(std::move(items));
    };
    co_return co_await services.workspaces.run(actor_of(request), work);
}

template <class Places>
awaitable<Response> create(Services& services, Request& request) {
    const auto wish = co_await new_wish(request);
    Places::may_create(request, wish.name);
    const auto work = [&](Workspace& workspace) {
        const auto place = Places::of(workspace).create(wish.name, wish.description);
        return made(place, Places::address(request, place));
    };
    co_return co_await services.workspaces.run(actor_of(request), work);
}

template <class Places>
awaitable<Response> show(Services& services, Request& request) {
    const auto work = [&](Workspace& workspace) {
        return shown(request, Places::of(workspace).get(Places::name(request)));
    };
    co_return co_await services.workspaces.run(actor_of(request), work);
}

template <class Places>
awaitable<Response> change(Services& services, Request& request) {
    Places::may_change(request);
    const auto description = co_await new_description(request);
    const auto work = [&](Workspace& workspace) {
        auto& places = Places::of(workspace);
        const auto before = places.get(Places::name(request));
        return shown(request, places.describe(before.name, description, require_match(request, before.record)));
    };
    co_return co_await services.workspaces.run(actor_of(request), work);
}

template <class Places>
awaitable<Response> remove(Services& services, Request& request) {
    Places::may_change(request);
    const bool force = truth_of(request, "force").value_or(false);
    const auto work = [&](Workspace& workspace) {
        const auto before = Places::of(workspace).get(Places::name(request));
        Places::remove(workspace, before, force, require_match(request, before.record));
        return nothing();
    };
    co_return co_await services.workspaces.run(actor_of(request), work);
}

}  // namespace

std::vector<http::Route> place_routes(Services& services) {
    const auto with = [&services](awaitable<Response> (*handler)(Services&, Request&)) {
        return [&services, handler](Request& request) { return handler(services, request); };
    };
    using Role = Principal::Role;
    const std::string project = "/v1/projects/{project}", all = project + "/environments",
                      one = all + "/{name}";
    const std::vector<unsigned> failures{404, 409, 412, 413, 415, 428};
    return {{"GET",
             "/v1/projects",
             Role::viewer,
             "List the projects",
             with(&list<ProjectPlaces>),
             {.response = "PlacePage"}},
            {"POST",
             "/v1/projects",
             Role::admin,
             "Create a project",
             with(&create<ProjectPlaces>),
             {.request = "Place", .response = "Place", .success = 201, .failures = {409, 413, 415}}},
            {"GET",
             project,
             Role::viewer,
             "Show a project",
             with(&show<ProjectPlaces>),
             {.response = "Place", .failures = {404}}},
            {"PATCH",
             project,
             Role::admin,
             "Describe a project",
             with(&change<ProjectPlaces>),
             {.parameters = {if_match_parameter()},
              .request = "Description",
              .response = "Place",
              .failures = failures}},
            {"DELETE",
             project,
             Role::admin,
             "Delete a project that is empty",
             with(&remove<ProjectPlaces>),
             {.parameters = {if_match_parameter()}, .success = 204, .failures = {404, 409, 412, 428}}},
            {"GET",
             all,
             Role::viewer,
             "List the environments, which are the same for all projects",
             with(&list<EnvironmentPlaces>),
             {.response = "PlacePage"}},
            {"POST",
             all,
             Role::operator_,
             "Create an environment",
             with(&create<EnvironmentPlaces>),
             {.request = "Place", .response = "Place", .success = 201, .failures = {409, 413, 415}}},
            {"GET",
             one,
             Role::viewer,
             "Show an environment",
             with(&show<EnvironmentPlaces>),
             {.response = "Place", .failures = {404}}},
            {"PATCH",
             one,
             Role::operator_,
             "Describe an environment",
             with(&change<EnvironmentPlaces>),
             {.parameters = {if_match_parameter()},
              .request = "Description",
              .response = "Place",
              .failures = failures}},
            {"DELETE",
             one,
             Role::operator_,
             "Delete an environment",
             with(&remove<EnvironmentPlaces>),
             {.description = "409 while a variable has a value for it; with force those values go too.",
              .parameters = {if_match_parameter(),
                             {"force", "With the values that variables have for it", "boolean"}},
              .success = 204,
              .failures = {404, 409, 412, 428}}}};
}

}  // namespace fairlead::api

// What can be done with a connection, saved or not.

#include <fmt/format.h>

#include <boost/json/array.hpp>

#include "api/json.hpp"
#include "api/parameters.hpp"
#include "api/precondition.hpp"
#include "api/v1/connections.hpp"
#include "catalog/connection_resource.hpp"
#include "service/connection_test.hpp"
#include "service/workspace.hpp"
#include "service/workspace_pool.hpp"

namespace fairlead::api {
namespace {

namespace json = boost::json;
using http::Principal;
using http::Request;
using http::Response;
using service::Workspace;

/// Takes a member out of a request's document. Throws invalid_argument for one of another type.
std::string take_text(json::object& fields, std::string_view name) {
    const auto* value = fields.if_contains(name);
    if (value == nullptr || value->is_null()) return {};
    if (!value->is_string()) {
        Error error(ErrorCode::invalid_argument, fmt::format("{} must be a text.", name));
        error.faults.push_back({std::string(name), "", "must be a text"});
        throw error;
    }
    std::string text(value->get_string());
    fields.erase(name);
    return text;
}

bool take_truth(json::object& fields, std::string_view name) {
    const auto* value = fields.if_contains(name);
    if (value == nullptr || value->is_null()) return false;
    if (!value->is_bool()) {
        Error error(ErrorCode::invalid_argument, fmt::format("{} must be true or false.", name));
        error.faults.push_back({std::string(name), "", "must be true or false"});
        throw error;
    }
    const bool truth = value->get_bool();
    fields.erase(name);
    return truth;
}

std::string required_text(json::object& fields, std::string_view name) {
    auto text = take_text(fields, name);
    if (!text.empty()) return text;
    Error error(ErrorCode::invalid_argument, fmt::format("{} is missing.", name));
    error.faults.push_back({std::string(name), "", "is missing"});
    throw error;
}

/// The test of a saved connection, with fields laid over it for this once.
awaitable<Response> test(Services& services, Request& request) {
    catalog::ConnectionPatch overrides;
    overrides.fields = co_await json_of(request);
    service::TestOptions options;
    options.write = take_truth(overrides.fields, "write") || truth_of(request, "write").value_or(false);
    options.environment =
        request.argument("environment").value_or(take_text(overrides.fields, "environment"));
    const auto work = [&](Workspace& workspace) {
        auto& connections = workspace.connections();
        const auto stored = connections.get(request.parameters.at("project"), request.parameters.at("name"));
        return catalog::resolve(connections.overridden(stored, overrides));
    };
    auto endpoint = co_await services.workspaces.run(actor_of(request), work);
    const auto report = co_await service::test(std::move(endpoint), std::move(options));
    co_return answer(service::to_json(report));
}

/// The test of a connection that is not saved.
awaitable<Response> test_unsaved(Services& services, Request& request) {
    catalog::ConnectionPatch patch;
    patch.fields = co_await json_of(request);
    service::TestOptions options;
    options.write = take_truth(patch.fields, "write") || truth_of(request, "write").value_or(false);
    options.environment = request.argument("environment").value_or(take_text(patch.fields, "environment"));
    if (!patch.has("name")) patch.set("name", "unsaved");
    const auto work = [&](Workspace& workspace) {
        return catalog::resolve(workspace.connections().overridden(catalog::Connection{}, patch));
    };
    auto endpoint = co_await services.workspaces.run(actor_of(request), work);
    const auto report = co_await service::test(std::move(endpoint), std::move(options));
    co_return answer(service::to_json(report));
}

awaitable<Response> set_enabled(Services& services, Request& request, bool enabled) {
    const auto work = [&](Workspace& workspace) {
        const auto before = own_connection(workspace, request);
        require_match(request, before.record);
        if (before.enabled == enabled) return changed({before, {}});
        return changed(workspace.connections().set_enabled(before.record.project, before.name, enabled));
    };
    auto response = co_await services.workspaces.run(actor_of(request), work);
    co_return response;
}

awaitable<Response> enable(Services& services, Request& request) {
    auto response = co_await set_enabled(services, request, true);
    co_return response;
}

awaitable<Response> disable(Services& services, Request& request) {
    auto response = co_await set_enabled(services, request, false);
    co_return response;
}

awaitable<Response> duplicate(Services& services, Request& request) {
    auto fields = co_await json_of(request);
    const auto new_name = required_text(fields, "name");
    const auto work = [&](Workspace& workspace) {
        const auto before = own_connection(workspace, request);
        return changed(workspace.connections().duplicate(before.record.project, before.name, new_name), 201);
    };
    auto response = co_await services.workspaces.run(actor_of(request), work);
    co_return response;
}

json::object revision_json(const store::Revision& revision) {
    const auto& record = revision.resource.record;
    return {
        {"revision", revision.number},
        {"change", store::to_string(revision.change)},
        {"name", revision.resource.name},
        {"at", to_rfc3339(record.updated_at)},
        {"by", record.updated_by},
        {"fields", catalog::fields_to_json(catalog::connection_of(revision.resource))},
        {"changedSecrets", json::array(revision.changed_secrets.begin(), revision.changed_secrets.end())}};
}

awaitable<Response> history(Services& services, Request& request) {
    const auto work = [&](Workspace& workspace) {
        json::array items;
        for (const auto& revision :
             workspace.connections().history(request.parameters.at("project"), request.parameters.at("name")))
            items.push_back(revision_json(revision));
        return answer(json::object{{"items", std::move(items)}, {"next", nullptr}});
    };
    auto response = co_await services.workspaces.run(actor_of(request), work);
    co_return response;
}

}  // namespace

std::vector<http::Route> connection_action_routes(Services& services) {
    const auto with = [&services](awaitable<Response> (*handler)(Services&, Request&)) {
        return [&services, handler](Request& request) { return handler(services, request); };
    };
    using Role = Principal::Role;
    const std::string all = "/v1/projects/{project}/connections", one = all + "/{name}";
    const std::vector<http::RouteNotes::Parameter> test_parameters{
        {"write", "Also write, rename and delete a small file", "boolean"},
        {"environment", "Whose variables are used"}};
    return {
        {"POST",
         one + "/test",
         Role::operator_,
         "Test a connection, step by step",
         with(&test),
         {.description =
              "Answers 200 whatever the verdict. Fields in the content are laid over the saved ones for "
              "this once; nothing is saved, and a stored secret is never sent to a changed host.",
          .parameters = test_parameters,
          .request = "ConnectionTest",
          .response = "TestReport",
          .failures = {404, 413, 415}}},
        {"POST",
         all + "/test",
         Role::operator_,
         "Test a connection that is not saved",
         with(&test_unsaved),
         {.description = "As above, with all fields in the content.",
          .parameters = test_parameters,
          .request = "ConnectionTest",
          .response = "TestReport",
          .failures = {413, 415}}},
        {"POST",
         one + "/enable",
         Role::operator_,
         "Enable a connection",
         with(&enable),
         {.parameters = {if_match_parameter()}, .response = "Connection", .failures = {404, 409, 412, 428}}},
        {"POST",
         one + "/disable",
         Role::operator_,
         "Disable a connection",
         with(&disable),
         {.description = "Whoever uses a disabled connection gets the code `disabled`.",
          .parameters = {if_match_parameter()},
          .response = "Connection",
          .failures = {404, 409, 412, 428}}},
        {"POST",
         one + "/duplicate",
         Role::operator_,
         "Copy a connection, with its secrets, under another name",
         with(&duplicate),
         {.request = "NewName", .response = "Connection", .success = 201, .failures = {404, 409, 413, 415}}},
        {"GET",
         one + "/history",
         Role::viewer,
         "List the changes of a connection, newest first",
         with(&history),
         {.response = "RevisionPage", .failures = {404}}}};
}

}  // namespace fairlead::api

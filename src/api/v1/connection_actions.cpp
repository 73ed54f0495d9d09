// What can be done with a connection, saved or not.

#include <fmt/format.h>

#include <boost/json/array.hpp>

#include "api/fields.hpp"
#include "api/json.hpp"
#include "api/parameters.hpp"
#include "api/precondition.hpp"
#include "api/v1/connections.hpp"
#include "catalog/resource.hpp"
#include "service/connection_test.hpp"
#include "service/engine.hpp"
#include "service/history.hpp"
#include "service/target.hpp"
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

/// On the thread of the server: logging in takes the processor for a while, and this one answers everybody.
awaitable<service::TestReport> report_of(Services& services, Endpoint endpoint, service::TestOptions options) {
    const auto server = service::server_of(endpoint);
    std::function<awaitable<service::TestReport>(service::Engine::Thread&)> work =
        [&](service::Engine::Thread&) { return service::test(std::move(endpoint), std::move(options)); };
    auto report = co_await services.engine.on<service::TestReport>(server, std::move(work));
    co_return report;
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
        workspace.use_environment(options.environment);
        auto& connections = workspace.connections();
        const auto& project = request.parameters.at("project");
        const auto stored = connections.get(project, request.parameters.at("name"));
        return catalog::resolve(connections.overridden(stored, overrides, project));
    };
    auto endpoint = co_await services.workspaces.run(actor_of(request), work);
    const auto report = co_await report_of(services, std::move(endpoint), std::move(options));
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
        workspace.use_environment(options.environment);
        return catalog::resolve(workspace.connections().overridden(catalog::Connection{}, patch,
                                                                   request.parameters.at("project")));
    };
    auto endpoint = co_await services.workspaces.run(actor_of(request), work);
    const auto report = co_await report_of(services, std::move(endpoint), std::move(options));
    co_return answer(service::to_json(report));
}

awaitable<Response> set_enabled(Services& services, Request& request, bool enabled) {
    const auto work = [&](Workspace& workspace) {
        const auto before = own_connection(workspace, request);
        const auto revision = require_match(request, before.record);
        if (before.enabled == enabled) return changed({before, {}});
        return changed(
            workspace.connections().set_enabled(before.record.project, before.name, enabled, revision));
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

awaitable<Response> move(Services& services, Request& request) {
    Fields fields(co_await json_of(request));
    const auto to = fields.required_text("to");
    const bool force = fields.truth("force").value_or(false);
    fields.done();
    if (!request.principal.may_see(to))
        throw http::Refusal{
            403,
            Error(ErrorCode::permission_denied, fmt::format("This token is not for the project '{}'.", to)),
            {}};
    const auto work = [&](Workspace& workspace) {
        const auto before = own_connection(workspace, request);
        const auto revision = require_match(request, before.record);
        return changed(workspace.connections().move(before.record.project, before.name, to, force, revision));
    };
    auto response = co_await services.workspaces.run(actor_of(request), work);
    co_return response;
}

awaitable<Response> rollback(Services& services, Request& request) {
    Fields fields(co_await json_of(request));
    const auto to = fields.number("revision");
    if (!to) fields.wrong("revision", "is missing: the number of the revision to go back to");
    fields.done();
    const auto work = [&](Workspace& workspace) {
        const auto before = own_connection(workspace, request);
        const auto revision = require_match(request, before.record);
        return changed(workspace.connections().rollback(before.record.project, before.name, *to, revision));
    };
    auto response = co_await services.workspaces.run(actor_of(request), work);
    co_return response;
}

awaitable<Response> used(Services& services, Request& request) {
    const auto work = [&](Workspace& workspace) {
        json::array items;
        for (const auto& user :
             workspace.connections().users(request.parameters.at("project"), request.parameters.at("name")))
            if (request.principal.may_see(user.record.project))
                items.push_back({{"kind", catalog::to_string(user.kind)},
                                 {"project", user.record.project},
                                 {"name", user.name},
                                 {"id", user.record.id}});
        return answer(json::object{{"items", std::move(items)}, {"next", nullptr}});
    };
    auto response = co_await services.workspaces.run(actor_of(request), work);
    co_return response;
}

awaitable<Response> history(Services& services, Request& request) {
    const auto work = [&](Workspace& workspace) {
        auto items = service::history_to_json(
            workspace.connections().history(request.parameters.at("project"), request.parameters.at("name")));
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
        {"POST",
         one + "/move",
         Role::operator_,
         "Move a connection into another project, or `global`",
         with(&move),
         {.description = "409 when something that uses it would not find it there, unless forced.",
          .parameters = {if_match_parameter()},
          .request = "Move",
          .response = "Connection",
          .failures = {404, 409, 412, 413, 415, 428}}},
        {"POST",
         one + "/rollback",
         Role::operator_,
         "Make a connection what it was at an earlier revision, as a new one",
         with(&rollback),
         {.description = "Name, project and secrets stay; warnings name the secrets that were others then.",
          .parameters = {if_match_parameter()},
          .request = "Rollback",
          .response = "Connection",
          .failures = {404, 409, 412, 413, 415, 428}}},
        {"GET",
         one + "/used",
         Role::viewer,
         "List what uses a connection",
         with(&used),
         {.response = "UsePage", .failures = {404}}},
        {"GET",
         one + "/history",
         Role::viewer,
         "List the changes of a connection, newest first",
         with(&history),
         {.response = "RevisionPage", .failures = {404}}}};
}

}  // namespace fairlead::api

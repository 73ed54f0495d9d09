#include "api/v1/operations.hpp"

#include <fmt/format.h>

#include <optional>

#include "api/json.hpp"
#include "api/parameters.hpp"
#include "api/precondition.hpp"
#include "api/resource_page.hpp"
#include "api/v1/addresses.hpp"
#include "base/error_json.hpp"
#include "catalog/operation_resource.hpp"
#include "service/operations.hpp"
#include "service/workspace.hpp"
#include "service/workspace_pool.hpp"
#include "store/store.hpp"

namespace fairlead::api {
namespace {

namespace json = boost::json;
using http::Principal;
using http::Request;
using http::Response;
using service::Operations;
using service::Workspace;

Response changed(const service::SavedOperation& saved, unsigned status = 200) {
    auto document = catalog::to_json(saved.operation);
    document["warnings"] = to_json(saved.warnings);
    auto response = answer(document, status);
    const auto& record = saved.operation.record;
    response.with("ETag", entity_tag(record));
    if (status == 201) response.with("Location", address_of(record.project, "operations", saved.operation.name));
    return response;
}

std::optional<catalog::Operation> find_own(Workspace& workspace, const Request& request) {
    const auto found = workspace.store().resources().find(
        catalog::Kind::operation, request.parameters.at("project"), request.parameters.at("name"));
    if (!found) return std::nullopt;
    return catalog::operation_of(*found);
}

/// As it can be changed: one of `global` only by its own project's path.
catalog::Operation own_operation(Workspace& workspace, const Request& request) {
    if (auto found = find_own(workspace, request)) return std::move(*found);
    const auto& project = request.parameters.at("project");
    const auto other = Operations(workspace).get(project, request.parameters.at("name"));
    throw Error(ErrorCode::not_found, fmt::format("The operation '{}' is not of the project '{}' but of '{}'.",
                                                  other.name, project, other.record.project))
        .hinting(fmt::format("change it below /v1/projects/{}", other.record.project));
}

awaitable<Response> list(Services& services, Request& request) {
    std::vector<std::string> known{"action", "connection", "own"};
    for (const auto& parameter : page_parameters())
        known.push_back(parameter.name);
    refuse_unknown_parameters(request, known);
    const auto action = request.argument("action").value_or("");
    const auto connection = catalog::name_key(request.argument("connection").value_or(""));
    const ItemOf item_of = [&](const catalog::Resource& resource) -> std::optional<json::object> {
        const auto operation = catalog::operation_of(resource);
        if (!action.empty() && catalog::to_string(operation.action) != action) return std::nullopt;
        if (!connection.empty() && catalog::name_key(operation.connection) != connection) return std::nullopt;
        return catalog::to_json(operation);
    };
    const auto work = [&](Workspace& workspace) {
        return resource_page(workspace, request, catalog::Kind::operation, item_of);
    };
    co_return co_await services.workspaces.run(actor_of(request), work);
}

awaitable<Response> create(Services& services, Request& request) {
    const auto fields = co_await json_of(request);
    const auto* name = fields.if_contains("name");
    if (name == nullptr || !name->is_string()) {
        Error error(ErrorCode::invalid_argument, "An operation needs a name.");
        error.faults.push_back({"name", "", name == nullptr ? "is missing" : "must be a text"});
        throw error;
    }
    const auto work = [&](Workspace& workspace) {
        return changed(Operations(workspace).create(request.parameters.at("project"),
                                                    std::string_view(name->get_string()), fields),
                       201);
    };
    co_return co_await services.workspaces.run(actor_of(request), work);
}

awaitable<Response> show(Services& services, Request& request) {
    const auto work = [&](Workspace& workspace) {
        const auto operation =
            Operations(workspace).get(request.parameters.at("project"), request.parameters.at("name"));
        return tagged(request, operation.record, answer(catalog::to_json(operation)));
    };
    co_return co_await services.workspaces.run(actor_of(request), work);
}

/// PUT replaces all fields, or creates; PATCH changes those that are given.
awaitable<Response> change(Services& services, Request& request) {
    const auto fields = co_await json_of(request);
    const bool replace = request.method == "PUT";
    const auto work = [&](Workspace& workspace) {
        const auto& project = request.parameters.at("project");
        const auto& name = request.parameters.at("name");
        Operations operations(workspace);
        const auto there = find_own(workspace, request);
        if (!there && replace) {
            if (!request.header("if-match")) return changed(operations.create(project, name, fields), 201);
            throw http::Refusal{
                412, Error(ErrorCode::not_found, fmt::format("There is no operation '{}'.", name)), {}};
        }
        const auto before = there ? *there : own_operation(workspace, request);
        if (replace && has_already(request, entity_tag(before.record)))
            throw http::Refusal{
                412, Error(ErrorCode::already_exists, fmt::format("The operation '{}' exists.", name)), {}};
        const auto revision = require_match(request, before.record);
        return changed(operations.update(project, before.name, fields, replace, revision));
    };
    co_return co_await services.workspaces.run(actor_of(request), work);
}

awaitable<Response> remove(Services& services, Request& request) {
    const auto work = [&](Workspace& workspace) {
        const auto before = own_operation(workspace, request);
        const auto revision = require_match(request, before.record);
        Operations(workspace).remove(before.record.project, before.name, revision);
        Response response;
        response.status = 204;
        return response;
    };
    co_return co_await services.workspaces.run(actor_of(request), work);
}

}  // namespace

std::vector<http::Route> operation_routes(Services& services) {
    const auto with = [&services](awaitable<Response> (*handler)(Services&, Request&)) {
        return [&services, handler](Request& request) { return handler(services, request); };
    };
    auto list_parameters = page_parameters();
    list_parameters.push_back({"action", "Only those that do this: create, get, query, list, delete, upsert, move"});
    list_parameters.push_back({"connection", "Only those on the connection of this name"});
    list_parameters.push_back({"own", "Only the project's own, not those of `global`", "boolean"});
    using Role = Principal::Role;
    const std::string all = "/v1/projects/{project}/operations", one = all + "/{name}";
    return {
        {"GET",
         all,
         Role::viewer,
         "List the operations of a project and the global ones",
         with(&list),
         {.description = "In the order of `sort`, a page at a time.",
          .parameters = list_parameters,
          .response = "OperationPage"}},
        {"POST",
         all,
         Role::operator_,
         "Create an operation",
         with(&create),
         {.description = "One answer names every field that is wrong.",
          .request = "Operation",
          .response = "Operation",
          .success = 201,
          .failures = {409, 413, 415}}},
        {"GET",
         one,
         Role::viewer,
         "Show an operation",
         with(&show),
         {.parameters = {{"If-None-Match", "An ETag that is known already: then the answer is 304", "string",
                          true}},
          .response = "Operation",
          .failures = {404}}},
        {"PUT",
         one,
         Role::operator_,
         "Replace an operation, or create it",
         with(&change),
         {.description =
              "What is not given gets its default. To create, send no If-Match (or `If-None-Match: *`).",
          .parameters = {if_match_parameter()},
          .request = "Operation",
          .response = "Operation",
          .failures = {201, 404, 409, 412, 413, 415, 428}}},
        {"PATCH",
         one,
         Role::operator_,
         "Change fields of an operation",
         with(&change),
         {.description = "What is not given stays; null is the default.",
          .parameters = {if_match_parameter()},
          .request = "Operation",
          .response = "Operation",
          .failures = {404, 409, 412, 413, 415, 428}}},
        {"DELETE",
         one,
         Role::operator_,
         "Delete an operation; its runs stay",
         with(&remove),
         {.parameters = {if_match_parameter()}, .success = 204, .failures = {404, 409, 412, 428}}}};
}

}  // namespace fairlead::api

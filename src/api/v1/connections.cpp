#include "api/v1/connections.hpp"

#include <fmt/format.h>

#include <boost/json/serialize.hpp>
#include <memory>
#include <optional>

#include "api/document_shelf.hpp"
#include "api/json.hpp"
#include "api/parameters.hpp"
#include "api/precondition.hpp"
#include "api/resource_page.hpp"
#include "api/v1/addresses.hpp"
#include "base/error_json.hpp"
#include "catalog/connection_fields.hpp"
#include "catalog/connection_resource.hpp"
#include "service/workspace.hpp"
#include "service/workspace_pool.hpp"
#include "store/store.hpp"

namespace fairlead::api {
namespace {

namespace json = boost::json;
using http::Principal;
using http::Request;
using http::Response;
using service::Workspace;

constexpr std::string_view kCollection = "/v1/projects/{project}/connections";
constexpr std::string_view kOne = "/v1/projects/{project}/connections/{name}";

bool same_project(std::string_view one, std::string_view other) {
    return catalog::name_key(one) == catalog::name_key(other);
}

std::string name_in(const json::object& fields) {
    const auto* name = fields.if_contains("name");
    if (name != nullptr && name->is_string()) return std::string(name->get_string());
    Error error(ErrorCode::invalid_argument, "A connection needs a name.");
    error.faults.push_back({"name", "", name == nullptr ? "is missing" : "must be a text"});
    throw error;
}

Response page(Workspace& workspace, const Request& request) {
    const auto protocol = request.argument("protocol").value_or("");
    return resource_page(
        workspace, request, catalog::Kind::connection,
        [&](const catalog::Resource& resource) -> std::optional<json::object> {
            const auto connection = catalog::connection_of(resource);
            if (!protocol.empty() && to_string(connection.protocol) != protocol) return std::nullopt;
            return catalog::to_json(connection);
        });
}

/// Everything that a replacement does not name gets its default; secrets stay, unless they are named.
catalog::ConnectionPatch replacement(const catalog::Connection& before, json::object fields) {
    catalog::ConnectionPatch patch;
    patch.fields = std::move(fields);
    catalog::for_each_field(before, [&](std::string_view path, const auto&) {
        if (path != "name" && !patch.has(path)) patch.set(path, json::value(nullptr));
    });
    return patch;
}

}  // namespace

catalog::Connection own_connection(Workspace& workspace, const Request& request) {
    const auto& project = request.parameters.at("project");
    auto connection = workspace.connections().get(project, request.parameters.at("name"));
    if (same_project(connection.record.project, project)) return connection;
    throw Error(ErrorCode::not_found,
                fmt::format("The connection '{}' is not of the project '{}' but of '{}'.", connection.name,
                            project, connection.record.project))
        .hinting(fmt::format("change it below /v1/projects/{}", connection.record.project));
}

Response changed(const service::Saved& saved, unsigned status) {
    auto document = catalog::to_json(saved.connection);
    document["warnings"] = to_json(saved.warnings);
    auto response = answer(document, status);
    response.with("ETag", entity_tag(saved.connection.record));
    if (status == 201)
        response.with("Location",
                      address_of(saved.connection.record.project, "connections", saved.connection.name));
    return response;
}

namespace {

awaitable<Response> list(Services& services, Request& request) {
    auto known = page_parameters();
    std::vector<std::string> names{"protocol", "own"};
    for (const auto& parameter : known)
        names.push_back(parameter.name);
    refuse_unknown_parameters(request, names);
    const auto work = [&](Workspace& workspace) { return page(workspace, request); };
    auto response = co_await services.workspaces.run(actor_of(request), work);
    co_return response;
}

awaitable<Response> create(Services& services, Request& request) {
    catalog::ConnectionPatch patch;
    patch.fields = co_await json_of(request);
    const auto name = name_in(patch.fields);
    const auto work = [&](Workspace& workspace) {
        return changed(workspace.connections().create(request.parameters.at("project"), name, patch), 201);
    };
    auto response = co_await services.workspaces.run(actor_of(request), work);
    co_return response;
}

awaitable<Response> show(Services& services, DocumentShelf& shelf, Request& request) {
    const auto work = [&](Workspace& workspace) {
        const auto& project = request.parameters.at("project");
        const auto& name = request.parameters.at("name");
        return shelf.get(workspace, project + '\n' + name, [&] {
            const auto connection = workspace.connections().get(project, name);
            return DocumentShelf::Document{entity_tag(connection.record),
                                           json::serialize(catalog::to_json(connection))};
        });
    };
    const auto made = co_await services.workspaces.run(actor_of(request), work);
    Response response;
    response.with("Content-Type", "application/json");
    response.body = made->body;
    co_return tagged(request, made->etag, std::move(response));
}

awaitable<Response> replace(Services& services, Request& request) {
    auto fields = co_await json_of(request);
    const auto work = [&](Workspace& workspace) {
        const auto& project = request.parameters.at("project");
        const auto& name = request.parameters.at("name");
        auto& connections = workspace.connections();
        const bool creates = !workspace.store().resources().find(catalog::Kind::connection, project, name);
        if (creates) {
            if (request.header("if-match"))
                throw http::Refusal{
                    412, Error(ErrorCode::not_found, fmt::format("There is no connection '{}'.", name)), {}};
            catalog::ConnectionPatch patch;
            patch.fields = std::move(fields);
            return changed(connections.create(project, name, patch), 201);
        }
        const auto before = own_connection(workspace, request);
        if (has_already(request, entity_tag(before.record)))
            throw http::Refusal{
                412, Error(ErrorCode::already_exists, fmt::format("The connection '{}' exists.", name)), {}};
        const auto revision = require_match(request, before.record);
        return changed(connections.update(project, name, replacement(before, std::move(fields)), revision));
    };
    auto response = co_await services.workspaces.run(actor_of(request), work);
    co_return response;
}

awaitable<Response> update(Services& services, Request& request) {
    catalog::ConnectionPatch patch;
    patch.fields = co_await json_of(request);
    const auto work = [&](Workspace& workspace) {
        const auto before = own_connection(workspace, request);
        const auto revision = require_match(request, before.record);
        return changed(workspace.connections().update(before.record.project, before.name, patch, revision));
    };
    auto response = co_await services.workspaces.run(actor_of(request), work);
    co_return response;
}

awaitable<Response> remove(Services& services, Request& request) {
    const bool force = truth_of(request, "force").value_or(false);
    const auto work = [&](Workspace& workspace) {
        const auto before = own_connection(workspace, request);
        const auto revision = require_match(request, before.record);
        workspace.connections().remove(before.record.project, before.name, force, revision);
        Response response;
        response.status = 204;
        return response;
    };
    auto response = co_await services.workspaces.run(actor_of(request), work);
    co_return response;
}

}  // namespace

std::vector<http::Route> connection_routes(Services& services) {
    auto list_parameters = page_parameters();
    list_parameters.push_back({"protocol", "Only those of this protocol: ftp, ftps or sftp"});
    list_parameters.push_back({"own", "Only the project's own, not those of `global`", "boolean"});
    const auto with = [&services](awaitable<Response> (*handler)(Services&, Request&)) {
        return [&services, handler](Request& request) { return handler(services, request); };
    };
    const auto shelf = std::make_shared<DocumentShelf>();
    using Role = Principal::Role;
    const std::string collection(kCollection), one(kOne);
    return {
        {"GET",
         collection,
         Role::viewer,
         "List the connections of a project and the global ones",
         with(&list),
         {.description =
              "In the order of `sort`, a page at a time. Secrets are never shown: `secretsSet` names "
              "those that are set.",
          .parameters = list_parameters,
          .response = "ConnectionPage"}},
        {"POST",
         collection,
         Role::operator_,
         "Create a connection",
         with(&create),
         {.description = "One answer names every field that is wrong.",
          .request = "Connection",
          .response = "Connection",
          .success = 201,
          .failures = {409, 413, 415}}},
        {"GET",
         one,
         Role::viewer,
         "Show a connection",
         [&services, shelf](Request& request) { return show(services, *shelf, request); },
         {.parameters = {{"If-None-Match", "An ETag that is known already: then the answer is 304", "string",
                          true}},
          .response = "Connection",
          .failures = {404}}},
        {"PUT",
         one,
         Role::operator_,
         "Replace a connection, or create it",
         with(&replace),
         {.description =
              "What is not given gets its default; secrets that are not given stay. To create, send no "
              "If-Match (or `If-None-Match: *`).",
          .parameters = {if_match_parameter()},
          .request = "ConnectionChange",
          .response = "Connection",
          .failures = {201, 404, 409, 412, 413, 415, 428}}},
        {"PATCH",
         one,
         Role::operator_,
         "Change fields of a connection",
         with(&update),
         {.description =
              "What is not given stays. null: the default; for a secret, null leaves it and \"\" removes it.",
          .parameters = {if_match_parameter()},
          .request = "ConnectionChange",
          .response = "Connection",
          .failures = {404, 409, 412, 413, 415, 428}}},
        {"DELETE",
         one,
         Role::operator_,
         "Delete a connection",
         with(&remove),
         {.description = "409 while something uses it, unless forced.",
          .parameters = {if_match_parameter(), {"force", "Although something uses it", "boolean"}},
          .success = 204,
          .failures = {404, 409, 412, 428}}}};
}

}  // namespace fairlead::api

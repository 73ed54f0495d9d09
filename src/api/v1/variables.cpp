#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "api/fields.hpp"
#include "api/json.hpp"
#include "api/parameters.hpp"
#include "api/precondition.hpp"
#include "api/v1/addresses.hpp"
#include "api/v1/places.hpp"
#include "service/variables.hpp"
#include "service/workspace.hpp"
#include "service/workspace_pool.hpp"
#include "store/store.hpp"

namespace fairlead::api {
namespace {

namespace json = boost::json;
using catalog::Variable;
using http::Principal;
using http::Request;
using http::Response;
using service::VariableChange;
using service::Workspace;

/// The changes that a document asks for, each for one environment. A value that is null stays as it is.
struct Wish {
    std::string name;
    std::vector<VariableChange> changes;
};

Wish wish_of(json::object document, bool needs_name) {
    Fields fields(std::move(document));
    fields.ignore(
        {"name", "id", "project", "revision", "etag", "createdAt", "updatedAt", "createdBy", "updatedBy"});
    Wish wish;
    if (needs_name) wish.name = fields.required_text("name");
    VariableChange general;
    general.description = fields.text("description");
    general.secret = fields.truth("secret").value_or(false);
    if (const auto value = fields.text("value")) general.value = Secret(*value);
    if (general.value || general.description) wish.changes.push_back(std::move(general));
    for (const auto& member : fields.object("environments")) {
        VariableChange change;
        change.environment = std::string(member.key());
        const auto path = "environments." + change.environment;
        const auto& given = member.value();
        if (given.is_null()) continue;
        if (given.is_string()) {
            change.value = Secret(std::string_view(given.get_string()));
        } else if (given.is_object()) {
            const auto* value = given.get_object().if_contains("value");
            const auto* secret = given.get_object().if_contains("secret");
            if (value != nullptr && value->is_string())
                change.value = Secret(std::string_view(value->get_string()));
            if (value != nullptr && !value->is_string() && !value->is_null())
                fields.wrong(path + ".value", "must be a text");
            if (secret != nullptr && secret->is_bool()) change.secret = secret->get_bool();
        } else {
            fields.wrong(path, "must be a text, or an object with value and secret");
        }
        if (change.value) wish.changes.push_back(std::move(change));
    }
    fields.done();
    return wish;
}

/// All of the changes or none. Only the first is made to what the client knows; the others follow in the same
/// breath.
Variable apply(Workspace& workspace, const std::string& project, const std::string& name, const Wish& wish,
               std::optional<std::int64_t> revision) {
    if (wish.changes.empty())
        throw Error(ErrorCode::invalid_argument,
                    "A variable needs a value, for all environments or for one.");
    std::optional<Variable> variable;
    const std::function<void()> work = [&] {
        auto expected = revision;
        for (const auto& change : wish.changes)
            variable =
                workspace.variables().set(project, name, change, std::exchange(expected, std::nullopt));
    };
    workspace.store().together(work);
    return std::move(*variable);
}

std::optional<Variable> own_variable(Workspace& workspace, const Request& request) {
    const auto found = workspace.store().resources().find(
        catalog::Kind::variable, request.parameters.at("project"), request.parameters.at("name"));
    if (!found) return std::nullopt;
    return catalog::variable_of(*found);
}

Variable required_variable(Workspace& workspace, const Request& request) {
    if (auto found = own_variable(workspace, request)) return std::move(*found);
    throw Error(ErrorCode::not_found,
                fmt::format("The project '{}' has no variable '{}' of its own.",
                            request.parameters.at("project"), request.parameters.at("name")));
}

Response made(const Variable& variable, const std::string& project) {
    auto response = answer(catalog::to_json(variable), 201);
    response.with("ETag", entity_tag(variable.record));
    response.with("Location", address_of(project, "variables", variable.name));
    return response;
}

awaitable<Response> list(Services& services, Request& request) {
    refuse_unknown_parameters(request, {});
    const auto work = [&](Workspace& workspace) {
        json::array items;
        for (const auto& variable : workspace.variables().list(request.parameters.at("project")))
            items.push_back(catalog::to_json(variable));
        return answer(json::object{{"items", std::move(items)}, {"next", nullptr}});
    };
    auto response = co_await services.workspaces.run(actor_of(request), work);
    co_return response;
}

awaitable<Response> create(Services& services, Request& request) {
    auto document = co_await json_of(request);
    const auto wish = wish_of(std::move(document), true);
    request.parameters["name"] = wish.name;
    const auto work = [&](Workspace& workspace) {
        if (own_variable(workspace, request))
            throw Error(ErrorCode::already_exists,
                        fmt::format("There is a variable '{}' already.", wish.name));
        const auto& project = request.parameters.at("project");
        return made(apply(workspace, project, wish.name, wish, {}), project);
    };
    auto response = co_await services.workspaces.run(actor_of(request), work);
    co_return response;
}

awaitable<Response> show(Services& services, Request& request) {
    const auto work = [&](Workspace& workspace) {
        const auto variable =
            workspace.variables().get(request.parameters.at("project"), request.parameters.at("name"));
        return tagged(request, variable.record, answer(catalog::to_json(variable)));
    };
    auto response = co_await services.workspaces.run(actor_of(request), work);
    co_return response;
}

/// PUT and PATCH: values that are not given stay, because secret ones could not be given again.
awaitable<Response> change(Services& services, Request& request) {
    auto document = co_await json_of(request);
    const auto wish = wish_of(std::move(document), false);
    const auto work = [&](Workspace& workspace) {
        const auto& project = request.parameters.at("project");
        const auto before = own_variable(workspace, request);
        if (!before && request.method == "PUT" && !request.header("if-match"))
            return made(apply(workspace, project, request.parameters.at("name"), wish, {}), project);
        const auto known = required_variable(workspace, request);
        const auto revision = require_match(request, known.record);
        const auto variable = apply(workspace, project, known.name, wish, revision);
        return tagged(request, variable.record, answer(catalog::to_json(variable)));
    };
    auto response = co_await services.workspaces.run(actor_of(request), work);
    co_return response;
}

awaitable<Response> remove(Services& services, Request& request) {
    const bool force = truth_of(request, "force").value_or(false);
    const auto environment = request.argument("environment");
    const auto work = [&](Workspace& workspace) {
        const auto before = required_variable(workspace, request);
        const auto revision = require_match(request, before.record);
        const auto& project = request.parameters.at("project");
        if (environment)
            workspace.variables().unset(project, before.name, *environment, force, revision);
        else
            workspace.variables().remove(project, before.name, force, revision);
        Response response;
        response.status = 204;
        return response;
    };
    auto response = co_await services.workspaces.run(actor_of(request), work);
    co_return response;
}

}  // namespace

std::vector<http::Route> variable_routes(Services& services) {
    const auto with = [&services](awaitable<Response> (*handler)(Services&, Request&)) {
        return [&services, handler](Request& request) { return handler(services, request); };
    };
    using Role = Principal::Role;
    const std::string all = "/v1/projects/{project}/variables", one = all + "/{name}";
    return {
        {"GET",
         all,
         Role::viewer,
         "List the variables of a project and the global ones",
         with(&list),
         {.description = "Secret values are null.", .response = "VariablePage"}},
        {"POST",
         all,
         Role::operator_,
         "Create a variable",
         with(&create),
         {.request = "Variable", .response = "Variable", .success = 201, .failures = {404, 409, 413, 415}}},
        {"GET",
         one,
         Role::viewer,
         "Show a variable",
         with(&show),
         {.response = "Variable", .failures = {404}}},
        {"PUT",
         one,
         Role::operator_,
         "Set values of a variable, or create it",
         with(&change),
         {.description = "Values that are not given, or null, stay.",
          .parameters = {if_match_parameter()},
          .request = "Variable",
          .response = "Variable",
          .failures = {201, 404, 409, 412, 413, 415, 428}}},
        {"PATCH",
         one,
         Role::operator_,
         "Set values of a variable",
         with(&change),
         {.parameters = {if_match_parameter()},
          .request = "Variable",
          .response = "Variable",
          .failures = {404, 409, 412, 413, 415, 428}}},
        {"DELETE",
         one,
         Role::operator_,
         "Delete a variable, or its value for one environment",
         with(&remove),
         {.description = "409 while something uses it, unless forced.",
          .parameters = {if_match_parameter(),
                         {"environment", "Only the value for this environment"},
                         {"force", "Although something uses it", "boolean"}},
          .success = 204,
          .failures = {404, 409, 412, 428}}}};
}

}  // namespace fairlead::api

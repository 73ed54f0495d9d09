#include "api/v1/tokens.hpp"

#include <fmt/format.h>

#include <boost/json/array.hpp>

#include "api/json.hpp"
#include "api/parameters.hpp"
#include "api/precondition.hpp"
#include "api/token_book.hpp"
#include "api/v1/addresses.hpp"
#include "base/near.hpp"
#include "service/tokens.hpp"
#include "service/workspace.hpp"
#include "service/workspace_pool.hpp"

namespace fairlead::api {
namespace {

namespace json = boost::json;
using http::Principal;
using http::Request;
using http::Response;
using service::Tokens;
using service::Workspace;

/// Reads what a token is wished to be, with all that is wrong with it.
Tokens::Wish wish_of(const json::object& fields) {
    Tokens::Wish wish;
    std::vector<Fault> faults;
    const auto now = std::chrono::time_point_cast<Time::duration>(std::chrono::system_clock::now());
    for (const auto& [key, value] : fields) {
        const std::string name(key);
        if (value.is_null()) continue;
        if (name == "projects") {
            if (!value.is_array()) {
                faults.push_back({name, "", "must be a list of names of projects"});
                continue;
            }
            for (const auto& project : value.get_array()) {
                if (project.is_string())
                    wish.projects.emplace_back(project.get_string());
                else
                    faults.push_back({name, "", "must be a list of names of projects"});
            }
            continue;
        }
        std::string* text = name == "name"          ? &wish.name
                            : name == "description" ? &wish.description
                            : name == "role"        ? &wish.role
                                                    : nullptr;
        if (text == nullptr && name != "expiresAt" && name != "expires") {
            const auto close =
                nearest(name, {"name", "description", "role", "projects", "expiresAt", "expires"});
            faults.push_back(
                {name, "", close.empty() ? "is not a field" : "is not a field; did you mean " + close + "?"});
        } else if (!value.is_string()) {
            faults.push_back({name, "", "must be a text"});
        } else if (text != nullptr) {
            *text = value.get_string();
        } else {
            try {
                wish.expires_at = service::parse_expiry(std::string_view(value.get_string()), name, now);
            } catch (const Error& error) {
                faults.push_back({name, std::string(value.get_string()), error.message});
            }
        }
    }
    if (faults.empty()) return wish;
    Error error(ErrorCode::invalid_argument,
                fmt::format("The token is not valid: {} {}.", faults.front().field, faults.front().problem));
    error.faults = std::move(faults);
    throw error;
}

/// An administrator of some projects makes no token for more than those.
void require_within(const Principal& who, const Tokens::Wish& wish) {
    if (who.projects.empty()) return;
    bool within = !wish.projects.empty();
    for (const auto& project : wish.projects)
        within = within && who.may_see(project);
    if (!within)
        throw http::Refusal{
            403,
            Error(ErrorCode::permission_denied,
                  "This token may make others only for its own projects: name them in projects."),
            {}};
}

bool may_see(const Principal& who, const service::Token& token) {
    if (who.projects.empty()) return true;
    if (token.projects.empty()) return false;
    for (const auto& project : token.projects)
        if (!who.may_see(project)) return false;
    return true;
}

service::Token visible_token(Workspace& workspace, const Request& request) {
    const auto& name = request.parameters.at("token");
    auto token = Tokens(workspace.store(), workspace.actor()).get(name);
    if (!may_see(request.principal, token))
        throw Error(ErrorCode::not_found, fmt::format("There is no token '{}'.", name));
    return token;
}

awaitable<Response> list(Services& services, Request& request) {
    refuse_unknown_parameters(request, {});
    const auto work = [&](Workspace& workspace) {
        json::array items;
        for (const auto& token : Tokens(workspace.store(), workspace.actor()).list())
            if (may_see(request.principal, token)) items.push_back(service::to_json(token));
        return answer(json::object{{"items", std::move(items)}, {"next", nullptr}});
    };
    auto response = co_await services.workspaces.run(actor_of(request), work);
    co_return response;
}

awaitable<Response> create(Services& services, Request& request) {
    const auto fields = co_await json_of(request);
    const auto wish = wish_of(fields);
    require_within(request.principal, wish);
    const auto work = [&](Workspace& workspace) {
        const auto made = Tokens(workspace.store(), workspace.actor()).create(wish);
        auto document = service::to_json(made.token);
        document["token"] = made.text.reveal();
        auto response = answer(document, 201);
        response.with("ETag", entity_tag(made.token.record));
        response.with("Location", "/v1/tokens/" + escaped(made.token.name));
        return response;
    };
    auto response = co_await services.workspaces.run(actor_of(request), work);
    services.tokens.forget();
    co_return response;
}

awaitable<Response> show(Services& services, Request& request) {
    const auto work = [&](Workspace& workspace) {
        const auto token = visible_token(workspace, request);
        return tagged(request, token.record, answer(service::to_json(token)));
    };
    auto response = co_await services.workspaces.run(actor_of(request), work);
    co_return response;
}

awaitable<Response> revoke(Services& services, Request& request) {
    const auto work = [&](Workspace& workspace) {
        const auto before = visible_token(workspace, request);
        const auto revision = require_match(request, before.record);
        const auto token = Tokens(workspace.store(), workspace.actor()).revoke(before.record.id, revision);
        return tagged(request, token.record, answer(service::to_json(token)));
    };
    auto response = co_await services.workspaces.run(actor_of(request), work);
    services.tokens.forget();
    co_return response;
}

awaitable<Response> remove(Services& services, Request& request) {
    const auto work = [&](Workspace& workspace) {
        const auto before = visible_token(workspace, request);
        const auto revision = require_match(request, before.record);
        Tokens(workspace.store(), workspace.actor()).remove(before.record.id, revision);
        Response response;
        response.status = 204;
        return response;
    };
    auto response = co_await services.workspaces.run(actor_of(request), work);
    services.tokens.forget();
    co_return response;
}

}  // namespace

std::vector<http::Route> token_routes(Services& services) {
    const auto with = [&services](awaitable<Response> (*handler)(Services&, Request&)) {
        return [&services, handler](Request& request) { return handler(services, request); };
    };
    const auto admin = Principal::Role::admin;
    return {{"GET",
             "/v1/tokens",
             admin,
             "List the tokens, without their text",
             with(&list),
             {.response = "TokenPage"}},
            {"POST",
             "/v1/tokens",
             admin,
             "Create a token",
             with(&create),
             {.description = "The answer shows the text of the token, as `token`: this once.",
              .request = "Token",
              .response = "Token",
              .success = 201,
              .failures = {409, 413, 415}}},
            {"GET",
             "/v1/tokens/{token}",
             admin,
             "Show a token, by name or id",
             with(&show),
             {.response = "Token", .failures = {404}}},
            {"POST",
             "/v1/tokens/{token}/revoke",
             admin,
             "Refuse a token from now on",
             with(&revoke),
             {.parameters = {if_match_parameter()}, .response = "Token", .failures = {404, 409, 412, 428}}},
            {"DELETE",
             "/v1/tokens/{token}",
             admin,
             "Delete a token",
             with(&remove),
             {.parameters = {if_match_parameter()}, .success = 204, .failures = {404, 409, 412, 428}}}};
}

}  // namespace fairlead::api

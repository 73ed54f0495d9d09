#include "api/health.hpp"

#include <boost/json/object.hpp>

#include "api/json.hpp"
#include "service/version.hpp"
#include "service/workspace.hpp"
#include "service/workspace_pool.hpp"
#include "store/store.hpp"

namespace fairlead::api {
namespace {

namespace json = boost::json;
using http::Request;
using http::Response;

awaitable<Response> healthy(Request&) {
    co_return answer(json::object{{"status", "ok"}});
}

awaitable<Response> version(Request&) {
    co_return answer(json::object{{"name", "fairlead"}, {"version", service::version()}});
}

/// Reads something from the store, as any request would.
awaitable<Response> ready(service::WorkspacePool& workspaces) {
    int schema = 0;
    std::optional<Error> failure;
    try {
        const auto look = [](service::Workspace& workspace) { return workspace.schema_version(); };
        schema = co_await workspaces.run(service::Actor{"fairlead", "daemon"}, look);
    } catch (const Error& error) {
        failure = error;
    }
    if (failure) {
        Error error(ErrorCode::server_busy, "The store cannot be reached: " + failure->message);
        throw http::Refusal{503, std::move(error), {{"Retry-After", "1"}}};
    }
    co_return answer(json::object{{"status", "ok"}, {"schema", schema}});
}

}  // namespace

std::vector<http::Route> health_routes(service::WorkspacePool& workspaces) {
    return {{"GET",
             "/healthz",
             {},
             "Whether this process answers",
             &healthy,
             {.description = "For a supervisor that asks whether to restart it. Looks at nothing else.",
              .response = "Health"}},
            {"GET",
             "/readyz",
             {},
             "Whether the store answers too",
             [&workspaces](Request&) { return ready(workspaces); },
             {.description = "For a load balancer that asks whether to send requests here.",
              .response = "Health",
              .failures = {503}}},
            {"GET", "/version", {}, "Which version this is", &version, {.response = "Version"}}};
}

}  // namespace fairlead::api

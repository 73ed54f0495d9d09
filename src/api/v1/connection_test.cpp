// The tests of connections, saved or not.

#include <fmt/format.h>

#include "api/json.hpp"
#include "api/parameters.hpp"
#include "api/v1/connections.hpp"
#include "service/connection_test.hpp"
#include "service/connections.hpp"
#include "service/engine.hpp"
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

/// On the thread of the server: logging in takes the processor for a while, and this one answers everybody.
awaitable<service::TestReport> report_of(Services& services, Endpoint endpoint, service::TestOptions options) {
    const auto server = service::server_of(endpoint);
    std::function<awaitable<service::TestReport>(service::Engine::Thread&)> work =
        [&](service::Engine::Thread&) { return service::test(std::move(endpoint), std::move(options)); };
    auto report = co_await services.engine.on<service::TestReport>(server, std::move(work));
    co_return report;
}

/// Of a saved connection, with fields laid over it for this once, or of one that is not saved.
awaitable<Response> test(Services& services, Request& request) {
    catalog::ConnectionPatch patch;
    patch.fields = co_await json_of(request);
    service::TestOptions options;
    options.write = take_truth(patch.fields, "write") || truth_of(request, "write").value_or(false);
    options.environment = request.argument("environment").value_or(take_text(patch.fields, "environment"));
    const auto saved = request.parameters.find("name");
    const bool is_saved = saved != request.parameters.end();
    if (!is_saved && !patch.has("name")) patch.set("name", "unsaved");
    const auto work = [&](Workspace& workspace) {
        workspace.use_environment(options.environment);
        auto& connections = workspace.connections();
        const auto& project = request.parameters.at("project");
        const auto base = is_saved ? connections.get(project, saved->second) : catalog::Connection{};
        return catalog::resolve(connections.overridden(base, patch, project));
    };
    auto endpoint = co_await services.workspaces.run(actor_of(request), work);
    const auto report = co_await report_of(services, std::move(endpoint), std::move(options));
    co_return answer(service::to_json(report));
}

}  // namespace

std::vector<http::Route> connection_test_routes(Services& services) {
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
         with(&test),
         {.description = "As above, with all fields in the content.",
          .parameters = test_parameters,
          .request = "ConnectionTest",
          .response = "TestReport",
          .failures = {413, 415}}}};
}

}  // namespace fairlead::api

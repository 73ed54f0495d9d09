#include "api/v1/flows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <iterator>

#include "api/event_hub.hpp"
#include "api/idempotent.hpp"
#include "api/json.hpp"
#include "api/noun.hpp"
#include "api/parameters.hpp"
#include "api/v1/operations.hpp"
#include "api/v1/run_results.hpp"
#include "base/path.hpp"
#include "catalog/flow_resource.hpp"
#include "catalog/schedule.hpp"
#include "service/flows.hpp"
#include "service/runner.hpp"
#include "service/runs.hpp"
#include "service/workspace.hpp"
#include "service/workspace_pool.hpp"
#include "store/store.hpp"

namespace fairlead::api {
namespace {

namespace json = boost::json;
using http::Principal;
using http::Request;
using http::Response;
using service::Flows;
using service::Workspace;

constexpr std::int64_t kMostFiles = 1000;
constexpr unsigned kMomentsShown = 20;

std::string text_in(const json::object& body, std::string_view name) {
    const auto* value = body.if_contains(name);
    if (value == nullptr || value->is_null()) return {};
    if (const auto* text = value->if_string()) return std::string(*text);
    Error error(ErrorCode::invalid_argument, fmt::format("{} must be a text.", name));
    error.faults.push_back({std::string(name), "", "must be a text"});
    throw error;
}
bool truth_in(const json::object& body, std::string_view name) {
    const auto* value = body.if_contains(name);
    if (value == nullptr || value->is_null()) return false;
    if (const auto* truth = value->if_bool()) return *truth;
    Error error(ErrorCode::invalid_argument, fmt::format("{} must be true or false.", name));
    error.faults.push_back({std::string(name), "", "must be true or false"});
    throw error;
}
void refuse_unknown_members(const json::object& body, std::initializer_list<std::string_view> known) {
    for (const auto& [key, value] : body) {
        if (std::ranges::find(known, std::string_view(key)) != known.end()) continue;
        Error error(ErrorCode::invalid_argument, fmt::format("There is no member '{}'.", std::string_view(key)));
        error.faults.push_back({std::string(key), "", "is not known here"});
        throw error;
    }
}

/// Queues a run; with "path" of one file, with "again" whatever became of it before.
awaitable<Response> run(Services& services, Request& request) {
    refuse_unknown_parameters(request, {});
    const auto body = co_await json_of(request);
    refuse_unknown_members(body, {"path", "again", "environment", "trace"});
    const auto path = text_in(body, "path");
    const bool again = truth_in(body, "again");
    const bool trace = truth_in(body, "trace");
    if (again && path.empty()) {
        Error error(ErrorCode::invalid_argument, "again is for one file: name it by path.");
        error.faults.push_back({"path", "", "is missing"});
        throw error;
    }
    const auto work = [&](Workspace& workspace) {
        const auto& project = request.parameters.at("project");
        Flows flows(workspace);
        const auto flow = flows.usable(project, request.parameters.at("name"));
        const auto only = path.empty() ? std::string() : path::confine(path);
        service::Runs runs(workspace);
        auto made = runs.draft(project);
        made.kind = "flow";
        made.subject = flow.name;
        made.connection = flow.source.connection;
        made.environment = text_in(body, "environment");
        if (made.environment.empty()) made.environment = flow.environment;
        made.trigger = "api";
        made.request = {{"only", only}, {"resumable", true}, {"waits", true}};
        if (trace) made.request["trace"] = true;
        catalog::Run run;
        workspace.store().together([&] {
            run = queue_once(workspace, request, made);
            if (!again || run.id != made.id) return;
            store::VersionQuery query;
            query.path = only;
            flows.reset(project, flow.name, query);
        });
        return run;
    };
    const auto queued = co_await services.workspaces.run(actor_of(request), work);
    services.runner.look();
    services.events.look();
    if (prefers_async(request)) co_return accepted(queued);
    const auto ended = co_await services.runner.wait_for(queued.id);
    auto response = answer(catalog::to_json(ended));
    response.with("Location", address_of_run(ended));
    co_return response;
}

store::VersionQuery wanted_versions(const std::string& path, const std::string& states) {
    store::VersionQuery query;
    query.path = path;
    for (std::size_t from = 0; from < states.size();) {
        const auto comma = std::min(states.find(',', from), states.size());
        query.states.push_back(catalog::parse_version_state(std::string_view(states).substr(from, comma - from)));
        from = comma + 1;
    }
    return query;
}

awaitable<Response> files(Services& services, Request& request) {
    refuse_unknown_parameters(request, {"path", "state", "limit", "cursor"});
    auto query = wanted_versions(request.argument("path").value_or(""), request.argument("state").value_or(""));
    const auto limit = static_cast<std::size_t>(number_of(request, "limit", 1, kMostFiles).value_or(100));
    query.limit = limit + 1;
    query.before = number_of(request, "cursor", 1, INT64_MAX).value_or(0);
    const auto work = [&](Workspace& workspace) {
        auto found =
            Flows(workspace).files(request.parameters.at("project"), request.parameters.at("name"), query);
        const bool more = found.size() > limit;
        if (more) found.pop_back();
        json::array items;
        for (const auto& version : found)
            items.push_back(catalog::to_json(version));
        json::object document{{"items", std::move(items)}, {"next", nullptr}};
        if (more) document["next"] = std::to_string(found.back().number);
        return answer(document);
    };
    co_return co_await services.workspaces.run(actor_of(request), work);
}

awaitable<Response> reset(Services& services, Request& request) {
    const auto body = co_await json_of(request);
    refuse_unknown_members(body, {"path", "state", "all"});
    const auto query = wanted_versions(text_in(body, "path"), text_in(body, "state"));
    if (query.path.empty() && query.states.empty() && !truth_in(body, "all"))
        throw Error(ErrorCode::invalid_argument, "Say what to reset: path, state, or all.");
    const auto work = [&](Workspace& workspace) {
        const auto count =
            Flows(workspace).reset(request.parameters.at("project"), request.parameters.at("name"), query);
        return answer(json::object{{"reset", count}});
    };
    co_return co_await services.workspaces.run(actor_of(request), work);
}

/// When it will run by itself.
awaitable<Response> moments(Services& services, Request& request) {
    const auto work = [&](Workspace& workspace) {
        const auto flow = Flows(workspace).get(request.parameters.at("project"), request.parameters.at("name"));
        json::array times;
        Time at = std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
        while (flow.schedule && times.size() < kMomentsShown) {
            const auto next = catalog::next_moment(*flow.schedule, flow.zone, at);
            if (!next) break;
            times.push_back(json::value(to_rfc3339(*next)));
            at = *next;
        }
        return answer(json::object{{"moments", std::move(times)}});
    };
    co_return co_await services.workspaces.run(actor_of(request), work);
}

}  // namespace

std::vector<http::Route> flow_routes(Services& services) {
    const auto with = [&services](awaitable<Response> (*handler)(Services&, Request&)) {
        return [&services, handler](Request& request) { return handler(services, request); };
    };
    const std::vector<http::RouteNotes::Parameter> file_parameters{
        {"path", "Only this file, by its path on the source"},
        {"state", "Only in these states, with a comma between: waiting, open, delivered, done, quarantined, given_up"},
        {"limit", "How many at most, 1 to 1000", "integer"},
        {"cursor", "`next` of the page before"}};
    using Role = Principal::Role;
    const std::string one = "/v1/projects/{project}/flows/{name}";
    auto rows = noun_routes(services.workspaces,
                            {.kind = catalog::Kind::flow,
                             .schema = "Flow",
                             .update_note = "Lists are replaced.",
                             .disable_note = "A disabled flow does not run.",
                             .remove_note = "What it knows of its files goes with it; its runs stay."});
    std::vector<http::Route> more{
        {"POST", one + "/run", Role::operator_, "Run a flow now", with(&run),
         {.description = "Delivers what is there and was not delivered yet. `path` means one file only, `again` delivers "
                         "it whatever became of it before. The answer comes when the run has ended, or with `Prefer: "
                         "respond-async` at once.",
          .parameters = {{"Prefer", "respond-async: answer 202 at once, with the run's address in Location", "string", true}},
          .request = "FlowRunRequest",
          .response = "Run",
          .failures = {202, 404, 409, 413, 415}}},
        {"GET", one + "/files", Role::viewer, "What became of each version of each file, newest first", with(&files),
         {.parameters = file_parameters, .response = "FileVersionPage", .failures = {404}}},
        {"POST", one + "/reset", Role::operator_, "Forget what became of files, so that they are delivered again", with(&reset),
         {.request = "FlowReset", .response = "FlowResetCount", .failures = {404, 413, 415}}},
        {"GET", one + "/moments", Role::viewer, "When a flow will run by itself: the next twenty times", with(&moments),
         {.response = "FlowMoments", .failures = {404}}},
    };
    std::ranges::move(more, std::back_inserter(rows));
    return rows;
}

}  // namespace fairlead::api

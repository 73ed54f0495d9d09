// What can be done with a monitor: run, reset, state, files.

#include <boost/json/array.hpp>

#include "api/json.hpp"
#include "api/noun.hpp"
#include "api/parameters.hpp"
#include "api/v1/monitor_services.hpp"
#include "base/base64.hpp"
#include "base/error_json.hpp"
#include "base/process_identity.hpp"
#include "monitor/deliverer.hpp"
#include "monitor/monitor_state.hpp"
#include "monitor/scheduler.hpp"
#include "monitor/stored_look.hpp"
#include "service/monitors.hpp"
#include "service/stamp.hpp"
#include "service/workspace.hpp"
#include "service/workspace_pool.hpp"
#include "store/store.hpp"

namespace fairlead::api {
namespace json = boost::json;
using http::Request;
using http::Response;
using service::Workspace;

catalog::Monitor monitor_in(Workspace& workspace, const Request& request, bool own) {
    constexpr auto kKind = catalog::Kind::monitor;
    return catalog::monitor_of(own ? own_thing(workspace, request, kKind) : thing_in(workspace, request, kKind));
}

namespace {

awaitable<Response> reset(MonitorServices& services, Request& request) {
    const auto work = [&](Workspace& workspace) {
        const auto monitor = monitor_in(workspace, request, true);
        service::Monitors(workspace).reset(monitor.record.project, monitor.name);
        Response response;
        response.status = 204;
        return response;
    };
    auto response = co_await services.workspaces.run(actor_of(request), work);
    co_return response;
}

awaitable<Response> state(MonitorServices& services, Request& request) {
    const auto work = [&](Workspace& workspace) {
        const auto monitor = monitor_in(workspace, request, false);
        return answer(monitor::state_of(workspace.store(), monitor, service::now()));
    };
    auto response = co_await services.workspaces.run(actor_of(request), work);
    co_return response;
}

awaitable<Response> files(MonitorServices& services, Request& request) {
    refuse_unknown_parameters(request, {"cursor", "limit"});
    const auto limit = static_cast<std::size_t>(number_of(request, "limit", 1, 1000).value_or(100));
    const auto cursor = request.argument("cursor").value_or("");
    const auto work = [&](Workspace& workspace) {
        const auto monitor = monitor_in(workspace, request, false);
        return answer(monitor::files_of(workspace.store(), monitor, cursor, limit, service::now()));
    };
    auto response = co_await services.workspaces.run(actor_of(request), work);
    co_return response;
}

json::object document_of(const monitor::LookResult& result) {
    json::array why, problems;
    for (const auto& [path, reason] : result.why)
        why.push_back(json::object{{"path", path}, {"why", reason}});
    for (const auto& problem : result.problems)
        problems.push_back(to_json(problem));
    return {{"look", result.look},       {"seen", result.seen},          {"events", result.events},
            {"waiting", result.waiting}, {"waitingFiles", std::move(why)}, {"missing", result.missing},
            {"complete", result.complete()}, {"problems", std::move(problems)}};
}

awaitable<Response> run(MonitorServices& services, Request& request) {
    catalog::Monitor monitor;
    co_await services.workspaces.run(actor_of(request), [&](Workspace& workspace) {
        monitor = monitor_in(workspace, request, false);
    });
    monitor::LookSettings settings;
    settings.now = service::now;
    settings.owner = process_identity() + "/api";
    settings.lease = std::chrono::minutes(2);
    settings.next = [&](std::size_t, const monitor::LookResult&) { return service::now() + monitor.interval; };
    const auto looks = co_await monitor::look_for(services.workspaces, services.engine, {monitor.record.id},
                                                  std::move(settings), /*disabled_too=*/true);
    if (looks.empty()) throw Error(ErrorCode::not_found, "The monitor is not there any more.");
    const auto& result = looks.front().result;
    if (result.failure) throw Error(*result.failure);
    if (result.look == 0)
        throw Error(ErrorCode::conflict, "Somebody looks for this monitor just now.").hinting("try again when it is done");
    if (result.events > 0) services.deliverer.look();
    co_return answer(document_of(result));
}

}  // namespace

std::vector<http::Route> monitor_action_routes(MonitorServices& services) {
    const auto with = [&services](awaitable<Response> (*handler)(MonitorServices&, Request&)) {
        return [&services, handler](Request& request) { return handler(services, request); };
    };
    using Role = http::Principal::Role;
    const std::string one = "/v1/projects/{project}/monitors/{name}";
    return {
        {"POST", one + "/run", Role::operator_, "Look once now, due or not, also if it is disabled", with(&run),
         {.description = "Answers when the look is over. 409 while somebody else looks.",
          .response = "MonitorLook",
          .failures = {404, 409, 502, 503, 504}}},
        {"POST", one + "/reset", Role::operator_, "Forget what was seen: the next look is a first one", with(&reset),
         {.description = "Events that are not delivered yet stay.", .success = 204, .failures = {404}}},
        {"GET", one + "/state", Role::viewer, "How a monitor is, and why", with(&state),
         {.response = "MonitorState", .failures = {404}}},
        {"GET", one + "/files", Role::viewer, "What a monitor knows of each file, and why each one waits", with(&files),
         {.parameters = {{"cursor", "`next` of the page before"}, {"limit", "Files of a page, up to 1000", "integer"}},
          .response = "MonitorFilePage",
          .failures = {404}}}};
}

}  // namespace fairlead::api

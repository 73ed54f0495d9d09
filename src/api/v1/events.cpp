#include "api/v1/events.hpp"

#include <limits>

#include "api/event_hub.hpp"
#include "api/parameters.hpp"
#include "api/v1/visible_run.hpp"
#include "service/runs.hpp"
#include "service/workspace.hpp"
#include "service/workspace_pool.hpp"

namespace fairlead::api {
namespace {

using http::Request;
using http::Response;
using service::Workspace;

/// By the header that a client sends when it comes back, or by ?after=.
std::optional<std::int64_t> known_to(const Request& request) {
    refuse_unknown_parameters(request, {"after"});
    constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
    const auto header = request.header("last-event-id");
    if (!header || header->empty()) return number_of(request, "after", 0, kMost);
    Request as_parameter;
    as_parameter.query.emplace_back("Last-Event-ID", *header);
    return number_of(as_parameter, "Last-Event-ID", 0, kMost);
}

awaitable<Response> of_all(Services& services, Request& request) {
    EventWish wish;
    wish.after = known_to(request);
    wish.projects = projects_of(request);
    co_return services.events.listen(std::move(wish));
}

awaitable<Response> of_run(Services& services, Request& request) {
    EventWish wish;
    wish.run = request.parameters.at("id");
    wish.after = known_to(request).value_or(0);
    bool over = false;
    std::function<void(Workspace&)> look = [&](Workspace& workspace) {
        const auto run = visible_run(workspace, request);
        store::EventQuery rest;
        rest.run = run.id;
        rest.after = *wish.after;
        rest.limit = 1;
        over = catalog::has_ended(run.state) && service::Runs(workspace).store().events(rest).empty();
    };
    co_await services.workspaces.run(actor_of(request), std::move(look));
    if (!over) co_return services.events.listen(std::move(wish));
    Response nothing;  // which tells a browser not to come back
    nothing.status = 204;
    co_return nothing;
}

}  // namespace

std::vector<http::Route> event_routes(Services& services) {
    const auto with = [&services](awaitable<Response> (*handler)(Services&, Request&)) {
        return [&services, handler](Request& request) { return handler(services, request); };
    };
    const std::vector<http::RouteNotes::Parameter> parameters{
        {"Last-Event-ID", "The id of the last event that was heard: goes on after it", "string", true},
        {"after", "The same, as a parameter", "integer"}};
    const http::RouteNotes all{
        .description = "Server-sent events: id, event and data (JSON). Of runs: run.queued, run.started, run.file, run.progress, "
                       "run.interrupted, run.cancelling, run.finished. Of monitors: fairlead.file.created, .modified, "
                       ".renamed, .deleted, and what is told of flows and operations (fairlead.run.failed, "
                       "fairlead.flow.expectation.missed, ...): data is a CloudEvent. Without a last id those from now "
                       "on. A comment comes in silence, every 15 seconds.",
        .parameters = parameters,
        .response = "text/event-stream"};
    const http::RouteNotes one{
        .description = "Server-sent events, from the run's beginning or after the last id; the stream ends with the "
                       "run. 204 when there will be no more.",
        .parameters = parameters,
        .response = "text/event-stream",
        .failures = {204, 404}};
    using Role = http::Principal::Role;
    return {{"GET", "/v1/events", Role::viewer, "Follow what happens", with(&of_all), all},
            {"GET", "/v1/projects/{project}/events", Role::viewer, "Follow what happens in a project", with(&of_all),
             all},
            {"GET", "/v1/runs/{id}/events", Role::viewer, "Follow a run", with(&of_run), one},
            {"GET", "/v1/projects/{project}/runs/{id}/events", Role::viewer, "Follow a run", with(&of_run), one}};
}

}  // namespace fairlead::api

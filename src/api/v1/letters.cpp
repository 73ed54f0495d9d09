// What is told of monitors, flows and operations: alerts, and dead letters.

#include <boost/json/object.hpp>
#include <limits>
#include <utility>

#include "api/fields.hpp"
#include "api/json.hpp"
#include "api/noun.hpp"
#include "api/parameters.hpp"
#include "api/v1/monitor_services.hpp"
#include "monitor/deliverer.hpp"
#include "monitor/letters.hpp"
#include "service/alerts.hpp"
#include "service/workspace.hpp"
#include "service/workspace_pool.hpp"

namespace fairlead::api {
namespace {

using catalog::Kind;
using http::Request;
using http::Response;
using service::Workspace;

awaitable<Response> alerts(MonitorServices& services, Kind kind, Request& request) {
    refuse_unknown_parameters(request, {"limit"});
    const auto limit = static_cast<std::size_t>(number_of(request, "limit", 1, 1000).value_or(100));
    const auto work = [&](Workspace& workspace) {
        const auto id = thing_in(workspace, request, kind).record.id;
        return answer(boost::json::object{{"items", service::alerts_of(workspace.store(), id, limit)}});
    };
    co_return co_await services.workspaces.run(actor_of(request), work);
}

awaitable<Response> letters(MonitorServices& services, Kind kind, Request& request) {
    refuse_unknown_parameters(request, {"cursor", "limit"});
    const auto limit = static_cast<std::size_t>(number_of(request, "limit", 1, 1000).value_or(100));
    const auto after = number_of(request, "cursor", 0, std::numeric_limits<std::int64_t>::max()).value_or(0);
    const auto work = [&](Workspace& workspace) {
        const auto thing = thing_in(workspace, request, kind);
        return answer(monitor::letters_of(workspace.store(), thing, static_cast<std::uint64_t>(after), limit));
    };
    co_return co_await services.workspaces.run(actor_of(request), work);
}

/// Of one event (its id), or of all.
awaitable<Response> change(MonitorServices& services, Kind kind, Request& request, std::string id, bool replay) {
    const auto work = [&](Workspace& workspace) {
        const auto thing = own_thing(workspace, request, kind);
        const auto count = monitor::change_letters(workspace.store(), thing, id, replay);
        return answer(boost::json::object{{"count", count}});
    };
    auto response = co_await services.workspaces.run(actor_of(request), work);
    if (replay) services.deliverer.look();
    co_return response;
}

awaitable<Response> replay(MonitorServices& services, Kind kind, Request& request) {
    Fields fields(co_await json_of(request));
    auto id = fields.text("id").value_or("");
    fields.done();
    co_return co_await change(services, kind, request, std::move(id), true);
}

awaitable<Response> drop(MonitorServices& services, Kind kind, Request& request) {
    refuse_unknown_parameters(request, {"id"});
    co_return co_await change(services, kind, request, std::string(request.argument("id").value_or("")), false);
}

}  // namespace

std::vector<http::Route> letter_routes(MonitorServices& services) {
    using Role = http::Principal::Role;
    const http::RouteNotes::Parameter limit{"limit", "Items of a page, up to 1000", "integer"};
    std::vector<http::Route> routes;
    for (const auto kind : {Kind::monitor, Kind::flow, Kind::operation}) {
        const auto with = [&services, kind](awaitable<Response> (*handler)(MonitorServices&, Kind, Request&)) {
            return [&services, kind, handler](Request& request) { return handler(services, kind, request); };
        };
        const std::string noun(to_string(kind));
        const auto one = "/v1/projects/{project}/" + noun + "s/{name}";
        if (kind != Kind::monitor)
            routes.push_back({"GET", one + "/alerts", Role::viewer, "What was told, or is to be told, of a " + noun,
                              with(&alerts),
                              {.description = "Newest first, as CloudEvents, and whether who is to hear of it has.",
                               .parameters = {limit},
                               .response = "Alerts",
                               .failures = {404}}});
        routes.push_back({"GET", one + "/letters", Role::viewer,
                          "Events of a " + noun + " that a receiver has not taken after all attempts", with(&letters),
                          {.parameters = {{"cursor", "`next` of the page before: an event's sequence"}, limit},
                           .response = "DeadLetterPage",
                           .failures = {404}}});
        routes.push_back({"POST", one + "/letters/replay", Role::operator_, "Deliver dead letters of a " + noun + " again",
                          with(&replay),
                          {.description = "All of them, or the one of an event. One that fails again stays a dead letter.",
                           .request = "Replay",
                           .response = "Count",
                           .failures = {404, 413, 415}}});
        routes.push_back({"DELETE", one + "/letters", Role::operator_, "Drop dead letters of a " + noun, with(&drop),
                          {.parameters = {{"id", "Only the one of this event"}}, .response = "Count", .failures = {404}}});
    }
    return routes;
}

}  // namespace fairlead::api

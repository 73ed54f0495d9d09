#include "api/v1/audit.hpp"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <limits>

#include "api/json.hpp"
#include "api/parameters.hpp"
#include "base/quantity.hpp"
#include "service/workspace.hpp"
#include "service/workspace_pool.hpp"
#include "store/store.hpp"

namespace fairlead::api {
namespace {

namespace json = boost::json;
using http::Request;
using http::Response;
using service::Workspace;

json::value text_or_null(const std::string& text) {
    return text.empty() ? json::value(nullptr) : json::value(text);
}

json::object to_json(const store::AuditEntry& entry) {
    return {{"sequence", entry.sequence},
            {"at", to_rfc3339(entry.at)},
            {"by", entry.by},
            {"via", entry.via},
            {"action", entry.action},
            {"kind", text_or_null(entry.kind)},
            {"project", text_or_null(entry.project)},
            {"name", text_or_null(entry.name)},
            {"resourceId", text_or_null(entry.resource)},
            {"revision", entry.revision == 0 ? json::value(nullptr) : json::value(entry.revision)},
            {"detail", entry.detail}};
}

store::AuditQuery query_of(const Request& request) {
    refuse_unknown_parameters(request, {"since", "until", "by", "action", "kind", "project", "name",
                                        "resourceId", "text", "limit", "cursor"});
    const auto now = std::chrono::time_point_cast<Time::duration>(std::chrono::system_clock::now());
    store::AuditQuery query;
    if (const auto since = request.argument("since")) query.since = parse_age(*since, now, "since");
    if (const auto until = request.argument("until")) query.until = parse_age(*until, now, "until");
    query.by = request.argument("by").value_or("");
    query.action = request.argument("action").value_or("");
    query.kind = request.argument("kind").value_or("");
    query.project = request.argument("project").value_or("");
    query.name = request.argument("name").value_or("");
    query.resource = request.argument("resourceId").value_or("");
    query.text = request.argument("text").value_or("");
    query.before = number_of(request, "cursor", 1, std::numeric_limits<std::int64_t>::max());
    query.limit = static_cast<std::size_t>(number_of(request, "limit", 1, 1000).value_or(100));
    return query;
}

awaitable<Response> list(Services& services, Request& request) {
    auto query = query_of(request);
    const auto& who = request.principal;
    if (!who.projects.empty() && query.project.empty() && who.projects.size() == 1)
        query.project = who.projects.front();
    if (!who.projects.empty() && !who.may_see(query.project))
        throw http::Refusal{403,
                            Error(ErrorCode::permission_denied,
                                  "This token is for some projects only: say which one with ?project=."),
                            {}};
    const auto limit = query.limit++;
    const auto work = [&](Workspace& workspace) {
        json::array items;
        json::value next;
        const auto entries = workspace.store().audit().list(query);
        for (const auto& entry : entries) {
            if (items.size() == limit) {
                next = std::to_string(entries[limit - 1].sequence);
                break;
            }
            items.push_back(to_json(entry));
        }
        return answer(json::object{{"items", std::move(items)}, {"next", std::move(next)}});
    };
    auto response = co_await services.workspaces.run(actor_of(request), work);
    co_return response;
}

}  // namespace

std::vector<http::Route> audit_routes(Services& services) {
    return {
        {"GET",
         "/v1/audit",
         http::Principal::Role::operator_,
         "List who did what, newest first",
         [&services](Request& request) { return list(services, request); },
         {.description = "Every change, with what it changed; never a secret.",
          .parameters =
              {{"since", "From this time on (RFC 3339), or for this long back (2h, 7d)"},
               {"until", "Before this time"},
               {"by", "Only what this user or token did"},
               {"action", "create, update, rename, move, enable, disable, rollback, import, rotate, delete"},
               {"kind", "connection, variable, environment, project, operation, monitor, flow, token"},
               {"project", "Only of this project"},
               {"name", "Only of things of this name"},
               {"resourceId", "Only of the thing with this id"},
               {"text", "Only with this in the name, the action or who did it"},
               {"limit", "How many at most, 1 to 1000; else 100", "integer"},
               {"cursor", "Where to go on: `next` of the page before"}},
          .response = "AuditPage"}}};
}

}  // namespace fairlead::api

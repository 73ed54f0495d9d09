#include "api/v1/monitors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <iterator>

#include "api/json.hpp"
#include "api/parameters.hpp"
#include "api/precondition.hpp"
#include "api/v1/addresses.hpp"
#include "api/v1/monitor_services.hpp"
#include "base/error_json.hpp"
#include "http/failures.hpp"
#include "monitor/deliverer.hpp"
#include "monitor/scheduler.hpp"
#include "service/workspace.hpp"
#include "service/workspace_pool.hpp"
#include "store/store.hpp"

namespace fairlead::api {
namespace {

namespace json = boost::json;
using http::Request;
using http::Response;
using service::Workspace;

constexpr std::string_view kCollection = "/v1/projects/{project}/monitors";
constexpr std::string_view kOne = "/v1/projects/{project}/monitors/{name}";

std::string name_in(const json::object& fields) {
    const auto* name = fields.if_contains("name");
    if (name != nullptr && name->is_string()) return std::string(name->get_string());
    Error error(ErrorCode::invalid_argument, "A monitor needs a name.");
    error.faults.push_back({"name", "", name == nullptr ? "is missing" : "must be a text"});
    throw error;
}

/// One page; monitors of `global` that one of the project's own hides are left out.
Response page(Workspace& workspace, const Request& request) {
    const auto& project = request.parameters.at("project");
    auto wish = page_wish(request, catalog::Kind::monitor);
    wish.query.projects = {project};
    const bool global_too = catalog::name_key(project) != catalog::kGlobalProject;
    if (global_too) wish.query.projects.emplace_back(catalog::kGlobalProject);
    auto& store = workspace.store().resources();
    std::vector<std::string> own;
    if (global_too)
        for (const auto& name : store.names(catalog::Kind::monitor, project))
            own.push_back(catalog::name_key(name));
    json::array items;
    std::string next;
    for (bool more = true; more;) {
        const auto found = store.list(wish.query);
        more = found.size() == wish.query.limit;
        for (const auto& resource : found) {
            wish.query.after = store::cursor_of(resource, wish.query.order);
            const bool hidden = catalog::name_key(resource.record.project) != catalog::name_key(project) &&
                                std::ranges::find(own, catalog::name_key(resource.name)) != own.end();
            if (hidden) continue;
            if (items.size() == wish.limit)
                return answer(json::object{{"items", std::move(items)}, {"next", next}});
            items.push_back(catalog::to_json(catalog::monitor_of(resource)));
            next = wish.query.after;
        }
    }
    return answer(json::object{{"items", std::move(items)}, {"next", nullptr}});
}

awaitable<Response> list(MonitorServices& services, Request& request) {
    std::vector<std::string> names;
    for (const auto& parameter : page_parameters())
        names.push_back(parameter.name);
    refuse_unknown_parameters(request, names);
    const auto work = [&](Workspace& workspace) { return page(workspace, request); };
    auto response = co_await services.workspaces.run(actor_of(request), work);
    co_return response;
}

awaitable<Response> create(MonitorServices& services, Request& request) {
    const auto fields = co_await json_of(request);
    const auto name = name_in(fields);
    const auto work = [&](Workspace& workspace) {
        return changed(service::Monitors(workspace).create(request.parameters.at("project"), name, fields), 201);
    };
    auto response = co_await services.workspaces.run(actor_of(request), work);
    services.scheduler.changed();
    co_return response;
}

awaitable<Response> show(MonitorServices& services, Request& request) {
    const auto work = [&](Workspace& workspace) {
        const auto monitor = monitor_in(workspace, request, false);
        return tagged(request, monitor.record, answer(catalog::to_json(monitor)));
    };
    auto response = co_await services.workspaces.run(actor_of(request), work);
    co_return response;
}

awaitable<Response> replace(MonitorServices& services, Request& request) {
    const auto fields = co_await json_of(request);
    const auto work = [&](Workspace& workspace) {
        const auto& project = request.parameters.at("project");
        const auto& name = request.parameters.at("name");
        service::Monitors monitors(workspace);
        if (!workspace.store().resources().find(catalog::Kind::monitor, project, name)) {
            if (request.header("if-match"))
                throw http::Refusal{
                    412, Error(ErrorCode::not_found, fmt::format("There is no monitor '{}'.", name)), {}};
            return changed(monitors.create(project, name, fields), 201);
        }
        const auto before = monitor_in(workspace, request, true);
        if (has_already(request, entity_tag(before.record)))
            throw http::Refusal{
                412, Error(ErrorCode::already_exists, fmt::format("The monitor '{}' exists.", name)), {}};
        const auto revision = require_match(request, before.record);
        return changed(monitors.update(project, before.name, fields, true, revision));
    };
    auto response = co_await services.workspaces.run(actor_of(request), work);
    services.scheduler.changed();
    co_return response;
}

awaitable<Response> update(MonitorServices& services, Request& request) {
    const auto fields = co_await json_of(request);
    const auto work = [&](Workspace& workspace) {
        const auto before = monitor_in(workspace, request, true);
        const auto revision = require_match(request, before.record);
        return changed(
            service::Monitors(workspace).update(before.record.project, before.name, fields, false, revision));
    };
    auto response = co_await services.workspaces.run(actor_of(request), work);
    services.scheduler.changed();
    co_return response;
}

awaitable<Response> remove(MonitorServices& services, Request& request) {
    const auto work = [&](Workspace& workspace) {
        const auto before = monitor_in(workspace, request, true);
        const auto revision = require_match(request, before.record);
        service::Monitors(workspace).remove(before.record.project, before.name, revision);
        Response response;
        response.status = 204;
        return response;
    };
    auto response = co_await services.workspaces.run(actor_of(request), work);
    services.scheduler.changed();
    co_return response;
}

}  // namespace

catalog::Monitor monitor_in(Workspace& workspace, const Request& request, bool own) {
    const auto& project = request.parameters.at("project");
    auto monitor = service::Monitors(workspace).get(project, request.parameters.at("name"));
    if (!own || catalog::name_key(monitor.record.project) == catalog::name_key(project)) return monitor;
    throw Error(ErrorCode::not_found, fmt::format("The monitor '{}' is not of the project '{}' but of '{}'.",
                                                  monitor.name, project, monitor.record.project))
        .hinting(fmt::format("change it below /v1/projects/{}", monitor.record.project));
}

Response changed(const service::SavedMonitor& saved, unsigned status) {
    auto document = catalog::to_json(saved.monitor);
    document["warnings"] = to_json(saved.warnings);
    auto response = answer(document, status);
    response.with("ETag", entity_tag(saved.monitor.record));
    if (status == 201)
        response.with("Location", address_of(saved.monitor.record.project, "monitors", saved.monitor.name));
    return response;
}

std::vector<http::Route> monitor_routes(MonitorServices& services) {
    const auto with = [&services](awaitable<Response> (*handler)(MonitorServices&, Request&)) {
        return [&services, handler](Request& request) { return handler(services, request); };
    };
    using Role = http::Principal::Role;
    const std::string collection(kCollection), one(kOne);
    return {
        {"GET", collection, Role::viewer, "List the monitors of a project and the global ones", with(&list),
         {.description = "A page at a time.", .parameters = page_parameters(), .response = "MonitorPage"}},
        {"POST", collection, Role::operator_, "Create a monitor", with(&create),
         {.description = "One answer names every field that is wrong. It looks as soon as it is there.",
          .request = "Monitor",
          .response = "Monitor",
          .success = 201,
          .failures = {409, 413, 415}}},
        {"GET", one, Role::viewer, "Show a monitor", with(&show),
         {.parameters = {{"If-None-Match", "An ETag that is known already: then the answer is 304", "string", true}},
          .response = "Monitor",
          .failures = {404}}},
        {"PUT", one, Role::operator_, "Replace a monitor, or create it", with(&replace),
         {.description = "What is not given gets its default; a secret that is not given stays. To create, send no "
                         "If-Match (or `If-None-Match: *`).",
          .parameters = {if_match_parameter()},
          .request = "MonitorChange",
          .response = "Monitor",
          .failures = {201, 404, 409, 412, 413, 415, 428}}},
        {"PATCH", one, Role::operator_, "Change fields of a monitor", with(&update),
         {.description = "What is not given stays. null: the default; for the secret, null leaves it and \"\" removes "
                         "it. Where another place or other files are watched now, the next look is a first one.",
          .parameters = {if_match_parameter()},
          .request = "MonitorChange",
          .response = "Monitor",
          .failures = {404, 409, 412, 413, 415, 428}}},
        {"DELETE", one, Role::operator_, "Delete a monitor with all that it knows, and its events", with(&remove),
         {.parameters = {if_match_parameter()}, .success = 204, .failures = {404, 409, 412, 428}}}};
}

struct Monitors::Parts {
    Parts(service::WorkspacePool& workspaces, service::Engine& engine, MonitorsOptions options)
        : deliverer(workspaces, engine, {.attempted = std::move(options.attempted)}),
          scheduler(workspaces, engine,
                    {.events_came = [this] { deliverer.look(); },
                     .looked = std::move(options.looked),
                     .report = std::move(options.report)}),
          services{workspaces, engine, scheduler, deliverer} {}

    monitor::Deliverer deliverer;
    monitor::Scheduler scheduler;
    MonitorServices services;
};

Monitors::Monitors(service::WorkspacePool& workspaces, service::Engine& engine, MonitorsOptions options)
    : parts_(std::make_unique<Parts>(workspaces, engine, std::move(options))) {}

Monitors::~Monitors() = default;

std::vector<http::Route> Monitors::routes() {
    auto all = monitor_routes(parts_->services);
    for (auto* more : {&monitor_action_routes, &monitor_event_routes})
        std::ranges::move((*more)(parts_->services), std::back_inserter(all));
    return all;
}

}  // namespace fairlead::api

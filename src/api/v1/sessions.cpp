#include <fmt/format.h>

#include <boost/json/serialize.hpp>

#include "api/fields.hpp"
#include "api/json.hpp"
#include "api/parameters.hpp"
#include "api/v1/place.hpp"
#include "base/error_json.hpp"
#include "base/mask.hpp"
#include "base/utf8.hpp"
#include "catalog/connection.hpp"
#include "service/connections.hpp"
#include "service/handle_impl.hpp"
#include "service/workspace.hpp"
#include "service/workspace_pool.hpp"

namespace fairlead::api {
namespace {

namespace json = boost::json;
using Role = http::Principal::Role;

json::object to_json(const service::HandleInfo& info) {
    json::object object;
    object["handle"] = info.id;
    object["project"] = info.project;
    object["connection"] = nullptr;
    if (!info.connection.empty()) object["connection"] = info.connection;
    object["protocol"] = info.protocol;
    object["host"] = info.host;
    object["port"] = info.port;
    object["username"] = info.username;
    object["directory"] = to_valid_utf8(info.directory);
    object["openedBy"] = info.owner;
    object["openedAt"] = to_rfc3339(info.opened_at);
    object["usedAt"] = to_rfc3339(info.used_at);
    object["idleSeconds"] = info.idle.count();
    object["lastError"] = nullptr;
    if (info.last_error) object["lastError"] = fairlead::to_json(*info.last_error);
    return object;
}

/// Takes a text out of an object; absent when it is not there or null.
std::optional<std::string> take_text(json::object& object, std::string_view field) {
    const auto* value = object.if_contains(field);
    if (value == nullptr) return std::nullopt;
    if (!value->is_string() && !value->is_null()) throw bad_parameter(field, json::serialize(*value), "text");
    std::optional<std::string> text;
    if (value->is_string()) text = std::string(value->get_string());
    object.erase(field);
    return text;
}

/// The words of other products for what a connection calls otherwise.
void rename_fields(json::object& fields) {
    const auto move = [&](std::string_view from, std::string_view to) {
        const auto* value = fields.if_contains(from);
        if (value == nullptr) return;
        auto kept = *value;
        fields.erase(from);
        if (!fields.contains(to)) fields[to] = std::move(kept);
    };
    move("timeout", "timeoutSeconds");
    const auto* active = fields.if_contains("active");
    if (active == nullptr) return;
    auto value = *active;
    fields.erase("active");
    auto& ftp = fields["ftp"];
    if (!ftp.is_object()) ftp.emplace_object();
    if (!ftp.get_object().contains("active")) ftp.get_object()["active"] = std::move(value);
}

/// Secrets leave the JSON, so that none of it can be repeated in an error.
void take_secrets(catalog::ConnectionPatch& patch) {
    catalog::Connection every;
    for (const auto& [path, secret] : catalog::secrets_of(every)) {
        auto* object = &patch.fields;
        std::string_view name = path;
        if (const auto dot = name.find('.'); dot != std::string_view::npos) {
            auto* inner = object->if_contains(name.substr(0, dot));
            if (inner == nullptr || !inner->is_object()) continue;
            object = &inner->get_object();
            name.remove_prefix(dot + 1);
        }
        auto* value = object->if_contains(name);
        if (value == nullptr || !value->is_string()) continue;
        patch.secrets[path] = Secret(std::string_view(value->get_string()));
        object->erase(name);
    }
}

/// A server that nobody has saved. Variables are those of the project.
awaitable<service::Target> inline_target(http::Request& request, FileServices& services, const std::string& project,
                                         json::object fields) {
    rename_fields(fields);
    catalog::ConnectionPatch patch;
    patch.fields = std::move(fields);
    take_secrets(patch);
    patch.set("name", "inline");
    const auto work = [&](service::Workspace& workspace) {
        return catalog::resolve(workspace.connections().overridden(catalog::Connection{}, patch, project));
    };
    service::Target target;
    target.endpoint = co_await services.workspaces.run(actor_of(request), work);
    const auto& endpoint = target.endpoint;
    target.endpoint.name = Mask(endpoint.hidden).hidden(fmt::format("{}:{}", endpoint.host, endpoint.port));
    co_return target;
}

awaitable<http::Response> open_session(http::Request& request, FileServices& services) {
    auto fields = co_await json_of(request);
    service::Handles::Request wanted;
    wanted.owner = request.principal.name;
    wanted.project = take_text(fields, "project").value_or("default");
    if (!request.principal.may_see(wanted.project))
        throw http::Refusal{403,
                            Error(ErrorCode::permission_denied,
                                  fmt::format("This token may not see the project '{}'.", wanted.project)),
                            {}};
    wanted.options.directory = take_text(fields, "directory").value_or("");
    if (const auto* idle = fields.if_contains("idleSeconds")) {
        if (!idle->is_int64())
            throw bad_parameter("idleSeconds", json::serialize(*idle), "a whole number of seconds");
        wanted.idle = std::chrono::seconds(idle->get_int64());
        fields.erase("idleSeconds");
    }
    if (const auto name = take_text(fields, "connection")) {
        if (!fields.empty())
            throw Error(ErrorCode::invalid_argument,
                        fmt::format("'{}' cannot be given beside a connection's name.",
                                    std::string_view(fields.begin()->key())))
                .hinting("open by the connection alone, or inline with host and the rest");
        wanted.connection = *name;
        wanted.target = co_await target_of(services, wanted.project, *name);
    } else {
        wanted.target = co_await inline_target(request, services, wanted.project, std::move(fields));
    }
    const auto info = co_await services.handles.open(std::move(wanted));
    auto response = json_response(201, json::serialize(to_json(info)));
    response.with("Location", "/v1/sessions/" + info.id);
    co_return response;
}

awaitable<http::Response> list_sessions(http::Request& request, FileServices& services) {
    json::object document;
    auto& sessions = document["sessions"].emplace_array();
    for (const auto& info : services.handles.list(owner_of(request))) {
        auto one = to_json(info);
        if (info.owner != request.principal.name)
            one["handle"] = info.id.substr(0, 6) + "...";  // it is a key
        sessions.push_back(std::move(one));
    }
    co_return json_response(200, json::serialize(document));
}

awaitable<http::Response> get_session(http::Request& request, FileServices& services) {
    const auto info = services.handles.find(request.parameters.at("handle"), owner_of(request));
    co_return json_response(200, json::serialize(to_json(info)));
}

awaitable<http::Response> close_session(http::Request& request, FileServices& services) {
    co_await services.handles.close(request.parameters.at("handle"), owner_of(request));
    http::Response response;
    response.status = 204;
    co_return response;
}

awaitable<http::Response> change_session(http::Request& request, FileServices& services) {
    Fields fields(co_await json_of(request));
    const auto directory = fields.required_text("directory");
    fields.done();
    const auto id = request.parameters.at("handle");
    std::function<awaitable<void>(Handle&, service::Engine::Thread&)> work =
        [&](Handle& handle, service::Engine::Thread&) { return handle.change_directory(directory); };
    co_await services.handles.use(id, owner_of(request), std::move(work));
    auto response = co_await get_session(request, services);
    co_return response;
}

awaitable<http::Response> command(http::Request& request, FileServices& services) {
    Fields fields(co_await json_of(request));
    const auto text = fields.required_text("command");
    const auto codes = fields.text("validCodes").value_or("");
    fields.done();
    RawReply reply;
    std::function<awaitable<void>(Handle&, service::Engine::Thread&)> work =
        [&](Handle& handle, service::Engine::Thread&) -> awaitable<void> {
        reply = co_await handle.command(text, codes);
    };
    co_await services.handles.use(request.parameters.at("handle"), owner_of(request), std::move(work));
    json::object document;
    document["replyCode"] = std::to_string(reply.code);
    std::string whole;
    auto& lines = document["lines"].emplace_array();
    for (const auto& line : reply.lines) {
        lines.emplace_back(to_valid_utf8(line));
        whole += (whole.empty() ? "" : "\n") + to_valid_utf8(line);
    }
    document["replyText"] = whole;
    co_return json_response(200, json::serialize(document));
}

awaitable<http::Response> exists(http::Request& request, FileServices& services) {
    const auto path = path_of(request);
    bool file = false, directory = false;
    std::function<awaitable<void>(Handle&, service::Engine::Thread&)> work =
        [&](Handle& handle, service::Engine::Thread&) -> awaitable<void> {
        directory = co_await handle.directory_exists(path);
        if (!directory) file = co_await handle.file_exists(path);
    };
    co_await services.handles.use(request.parameters.at("handle"), owner_of(request), std::move(work));
    co_return json_response(
        200, json::serialize(
                 json::object{{"exists", file || directory}, {"file", file}, {"directory", directory}}));
}

using Answer = awaitable<http::Response> (*)(http::Request&, FileServices&);

}  // namespace

std::vector<http::Route> session_routes(FileServices& services) {
    const auto by = [&services](Answer answer) -> http::Handler {
        return [answer, &services](http::Request& request) { return answer(request, services); };
    };
    const auto notes = [](std::string request, std::string response, unsigned success,
                          std::vector<unsigned> failures,
                          std::vector<http::RouteNotes::Parameter> parameters = {}) {
        http::RouteNotes said;
        said.parameters = std::move(parameters);
        said.request = std::move(request);
        said.response = std::move(response);
        said.success = success;
        said.failures = std::move(failures);
        return said;
    };
    const std::string all = "/v1/sessions", one = "/v1/sessions/{handle}";
    return {
        {"GET", all, Role::viewer, "The open sessions: one's own; an administrator's list shows all",
         by(list_sessions), notes("", "SessionList", 200, {})},
        {"POST", all, Role::operator_, "Open a session by the name of a connection, or inline",
         by(open_session), notes("SessionRequest", "Session", 201, {404, 409, 413, 415, 503})},
        {"GET", one, Role::viewer, "What is known of an open session", by(get_session),
         notes("", "Session", 200, {404})},
        {"PATCH", one, Role::operator_, "Change the session's directory", by(change_session),
         notes("Directory", "Session", 200, {404, 413, 415})},
        {"DELETE", one, Role::operator_, "Close a session", by(close_session), notes("", "", 204, {404})},
        {"POST", one + "/command", Role::operator_, "Send a raw FTP command", by(command),
         notes("RawCommand", "RawReply", 200, {404, 413, 415, 501})},
        {"GET", one + "/exists", Role::viewer, "Whether a file or directory is there", by(exists),
         notes("", "Existence", 200, {404}, {{"path", "what is looked for"}})},
    };
}

}  // namespace fairlead::api

#include "api/v1/place.hpp"

#include <fmt/format.h>

#include <charconv>

#include "base/path.hpp"
#include "service/handle_impl.hpp"
#include "service/metrics.hpp"
#include "service/pools.hpp"
#include "service/reach.hpp"

namespace fairlead::api {

awaitable<service::Target> target_of(FileServices& services, std::string project, std::string name) {
    return service::reach(services.workspaces, services.engine, std::move(project), std::move(name));
}

std::string_view Place::protocol() const {
    const auto& identity = sessions.identity();  // "sftp://..."
    for (const auto protocol : {Protocol::ftp, Protocol::ftps, Protocol::sftp})
        if (std::string_view(identity).substr(0, identity.find(':')) == to_string(protocol)) return to_string(protocol);
    return "unknown";
}

namespace {

/// Counts what is tried again there.
awaitable<void> work_at(FileServices& services, Place place, std::function<awaitable<void>(Place&)> work) {
    if (services.metrics != nullptr)
        place.retrying = [metrics = services.metrics, word = place.protocol()](
                             const std::string&, const Error&, unsigned, std::chrono::milliseconds) {
            metrics->retried(word);
        };
    co_await work(place);
}

}  // namespace

AtPlace at_connection(FileServices& services) {
    return
        [&services](http::Request& request, std::function<awaitable<void>(Place&)> work) -> awaitable<void> {
            auto target =
                co_await target_of(services, request.parameters.at("project"), request.parameters.at("name"));
            const auto server = service::server_of(target.endpoint);
            std::function<awaitable<void>(service::Engine::Thread&)> call =
                [&](service::Engine::Thread& thread) -> awaitable<void> {
                const auto sessions = thread.pools.at(target);
                Place place{*sessions,
                            {.retries = target.endpoint.retry_count},
                            &thread.journal,
                            target.limit,
                            [](std::string_view path) { return path::confine(path); }};
                co_await work_at(services, std::move(place), work);
            };
            co_await services.engine.on<void>(server, std::move(call));
        };
}

AtPlace at_handle(FileServices& services) {
    return [&services](http::Request& request,
                       std::function<awaitable<void>(Place&)> work) -> awaitable<void> {
        std::function<awaitable<void>(Handle&, service::Engine::Thread&)> call =
            [&](Handle& handle, service::Engine::Thread& thread) -> awaitable<void> {
            auto& impl = handle.impl();
            co_await impl.in_turn([&]() -> awaitable<void> {
                Place place{*impl.sessions, impl.patience(), &thread.journal, impl.limit,
                            [&](std::string_view path) { return impl.absolute(path); }};
                co_await work_at(services, std::move(place), work);
            });
        };
        co_await services.handles.use(request.parameters.at("handle"), owner_of(request), std::move(call));
    };
}

std::string owner_of(const http::Request& request) {
    const auto& who = request.principal;
    return who.role == http::Principal::Role::admin ? "" : who.name;
}

Error bad_parameter(std::string_view name, std::string_view value, std::string_view problem) {
    auto error =
        Error(ErrorCode::invalid_argument, fmt::format("{} is '{}'; it must be {}.", name, value, problem));
    error.faults.push_back({std::string(name), std::string(value), std::string(problem)});
    return error;
}

std::string path_of(const http::Request& request, std::optional<std::string> otherwise) {
    auto path = request.argument("path");
    if (!path) path = std::move(otherwise);
    if (!path) {
        auto error = Error(ErrorCode::invalid_argument, "The parameter path is missing.");
        error.faults.push_back({"path", "", "is needed: ?path=/in/a.txt"});
        throw error;
    }
    path::refuse_control_bytes(*path, "path");
    return *path;
}

bool flag(const http::Request& request, std::string_view name) {
    const auto value = request.argument(name);
    if (!value || *value == "false" || *value == "0" || *value == "no") return false;
    if (value->empty() || *value == "true" || *value == "1" || *value == "yes") return true;
    throw bad_parameter(name, *value, "true or false");
}

std::optional<std::uint64_t> number(const http::Request& request, std::string_view name) {
    const auto text = request.argument(name);
    if (!text) return std::nullopt;
    std::uint64_t value = 0;
    const auto [end, problem] = std::from_chars(text->data(), text->data() + text->size(), value);
    if (problem != std::errc() || end != text->data() + text->size() || text->empty())
        throw bad_parameter(name, *text, "a whole number");
    return value;
}

http::Response json_response(unsigned status, std::string_view document) {
    http::Response response;
    response.status = status;
    response.with("Content-Type", "application/json");
    response.body = document;
    return response;
}

}  // namespace fairlead::api

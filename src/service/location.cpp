#include "service/location.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <cctype>
#include <filesystem>

#include "base/path.hpp"
#include "catalog/url.hpp"
#include "fairlead/error.hpp"
#include "fairlead/open.hpp"
#include "service/connections.hpp"
#include "service/secret_lookup.hpp"
#include "service/target.hpp"

namespace fairlead::service {
namespace {

using catalog::Connection;
using catalog::ConnectionPatch;

Location url_location(std::string_view text) {
    const auto url = catalog::read_url(text);
    Location location;
    location.kind = Location::Kind::url;
    location.fields = catalog::fields_of(url);
    const bool from_login =
        url.base == catalog::ServerUrl::Base::login ||
        (url.base == catalog::ServerUrl::Base::unspecified && url.protocol != Protocol::sftp);
    location.fields.set("workingDirectory", from_login ? "." : "/");
    location.path = path::confine(url.path);
    location.ends_in_slash = url.path.ends_with('/');
    return location;
}

/// The part before the first colon, when it can be a connection's name.
std::optional<std::string_view> connection_name(std::string_view text) {
    const auto colon = text.find(':');
    if (colon == std::string_view::npos || !catalog::is_connection_name(text.substr(0, colon)))
        return std::nullopt;
    return text.substr(0, colon);
}

Location connection_location(std::string_view name, std::string_view path) {
    path::refuse_control_bytes(path, "path");
    Location location;
    location.kind = Location::Kind::connection;
    location.connection = name;
    location.path = path::confine(path);
    location.ends_in_slash = path.empty() || path.ends_with('/');
    return location;
}

Location local_location(std::string_view text) {
    if (text.empty()) throw Error(ErrorCode::invalid_argument, "A location is empty.");
    if (text.find('\0') != std::string_view::npos)
        throw Error(ErrorCode::invalid_argument, "A local path cannot hold a NUL byte.");
    Location location;
    location.path = text;
    location.ends_in_slash = text.ends_with('/');
    return location;
}

/// The URL's definition with the overrides laid over it.
Connection definition_of(const Location& location, const ConnectionPatch& overrides) {
    std::vector<Fault> faults;
    auto connection = catalog::apply(Connection{}, location.fields, faults);
    connection.name = "URL";  // valid, and only seen when a field is wrong
    connection = catalog::apply(std::move(connection), overrides, faults);
    look_up_given_secrets(connection);
    catalog::require_valid(connection, std::move(faults));
    return connection;
}

Endpoint endpoint_of_url(const Location& location, const ConnectionPatch& overrides) {
    auto endpoint = catalog::resolve(definition_of(location, overrides));
    endpoint.name = location.text;
    return endpoint;
}

OpenedLocation open_here(const Location& location) {
    OpenedLocation opened;
    opened.files = open_local("/");
    opened.path = std::filesystem::absolute(location.path).string();
    opened.local = true;
    opened.label = location.text;
    return opened;
}

}  // namespace

Location parse_location(std::string_view text) {
    Location location;
    if (text == "-")
        location.kind = Location::Kind::standard_stream;
    else if (catalog::looks_like_url(text))
        location = url_location(text);
    else if (const auto name = connection_name(text))
        location = connection_location(*name, text.substr(name->size() + 1));
    else
        location = local_location(text);
    location.text = text;
    return location;
}

Destination destination_of(Connections* connections, const std::string& project, const Location& location,
                           const ConnectionPatch& overrides) {
    if (location.kind == Location::Kind::standard_stream) return {};
    if (location.kind == Location::Kind::local) return {.identity = "local"};
    const bool saved = location.kind == Location::Kind::connection;
    const auto endpoint = saved ? connections->endpoint(project, location.connection, overrides)
                                : endpoint_of_url(location, overrides);
    Destination destination;
    destination.server = server_of(endpoint);
    destination.identity = identity_of(endpoint);
    if (saved) destination.max_sessions = endpoint.max_sessions;
    destination.retry_count = endpoint.retry_count;
    return destination;
}

awaitable<OpenedLocation> open(Connections* connections, std::string project, Location location,
                               ConnectionPatch overrides, Observer* observer) {
    switch (location.kind) {
        case Location::Kind::local:
            co_return open_here(location);
        case Location::Kind::standard_stream:
            throw Error(ErrorCode::invalid_argument,
                        "'-' stands for standard input or output, which is not possible here.");
        case Location::Kind::connection: {
            OpenedLocation opened;
            opened.files =
                co_await connections->open(project, location.connection, std::move(overrides), observer);
            opened.path = location.path;
            opened.label = location.connection + ":" + location.path;
            co_return opened;
        }
        case Location::Kind::url:
            break;
    }
    OpenedLocation opened;
    const auto endpoint = endpoint_of_url(location, overrides);
    opened.files = co_await fairlead::open(endpoint, OpenOptions{observer});
    opened.path = location.path;
    opened.label = location.text;
    co_return opened;
}

}  // namespace fairlead::service

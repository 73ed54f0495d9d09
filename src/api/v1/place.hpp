#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "fairlead/file_system.hpp"
#include "http/router.hpp"
#include "service/engine.hpp"
#include "service/file_ops.hpp"
#include "service/handles.hpp"
#include "service/workspace_pool.hpp"
#include "transfer/attempts.hpp"

namespace fairlead::service {
class Metrics;
}

namespace fairlead::api {

/// What the routes of files work with.
struct FileServices {
    service::WorkspacePool& workspaces;
    service::Engine& engine;
    service::Handles& handles;
    service::Metrics* metrics = nullptr;  ///< null: nobody counts
};

/// Where a request's files are, on the engine thread of their server.
struct Place {
    transfer::Sessions& sessions;
    transfer::Patience patience;
    transfer::Journal* journal;
    std::shared_ptr<net::RateLimit> limit;
    std::function<std::string(std::string_view)> absolute;  ///< of a path as the client gave it
    transfer::Retrying retrying = {};

    /// "ftp", "ftps" or "sftp".
    std::string_view protocol() const;
};

/// Does something with the files that the request's path names: of a connection ("{project}", "{name}"), or
/// of a session
/// ("{handle}"), whose turn it then is. Runs `work` on the engine thread.
using AtPlace = std::function<awaitable<void>(http::Request&, std::function<awaitable<void>(Place&)> work)>;
AtPlace at_connection(FileServices& services);
AtPlace at_handle(FileServices& services);

/// The saved connection as it can be opened now. Throws not_found, disabled, invalid_argument.
awaitable<service::Target> target_of(FileServices& services, std::string project, std::string name);

/// Who owns the sessions that a request opens and may use; empty: an administrator, who may use all.
std::string owner_of(const http::Request& request);

/// The parameter `path`, which must be there unless `otherwise` says what it is then.
std::string path_of(const http::Request& request, std::optional<std::string> otherwise = {});
/// "true", "1", "yes" or nothing after the name; "false", "0", "no". Throws invalid_argument naming the
/// parameter.
bool flag(const http::Request& request, std::string_view name);
std::optional<std::uint64_t> number(const http::Request& request, std::string_view name);
Error bad_parameter(std::string_view name, std::string_view value, std::string_view problem);

/// What `read` makes of a parameter's value. A refusal that does not name the parameter does so then.
template <class Read>
auto read_parameter(std::string_view name, const std::string& value, Read read) {
    try {
        return read(value);
    } catch (Error& error) {
        if (error.faults.empty())
            error.faults.push_back({std::string(name), value, error.hint.empty() ? error.message : error.hint});
        throw;
    }
}

http::Response json_response(unsigned status, std::string_view document);

/// The routes below a place: entries, entry, directory, content, preview. `prefix` is the path before them.
std::vector<http::Route> listing_routes(const std::string& prefix, AtPlace at);
std::vector<http::Route> entry_routes(const std::string& prefix, AtPlace at);
std::vector<http::Route> content_routes(const std::string& prefix, AtPlace at,
                                        service::Metrics* metrics = nullptr);
/// /v1/sessions and what is below one.
std::vector<http::Route> session_routes(FileServices& services);

}  // namespace fairlead::api

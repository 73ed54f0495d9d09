#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/kinds.hpp"
#include "http/router.hpp"
#include "service/things.hpp"

namespace fairlead::service {
class Workspace;
class WorkspacePool;
}  // namespace fairlead::service

/// What is stored under a name in a project, over HTTP: the same routes for every kind of thing.
namespace fairlead::api {

/// What is special to a kind. Where a function is absent, service::Things does it.
struct Noun {
    using Fields = boost::json::object;
    using Revision = std::optional<std::int64_t>;

    catalog::Kind kind = catalog::Kind::connection;
    std::string schema;  ///< of its document: "Connection"; that of what PUT and PATCH take is "ConnectionChange"
    /// Text members of its definition that a list can be filtered by, with their help.
    std::vector<std::pair<std::string, std::string>> filters = {};
    bool can_be_disabled = true;

    /// What the description says beside the usual.
    std::string create_note = {}, replace_note = {}, update_note = {}, disable_note = {}, remove_note = {};
    std::vector<http::RouteNotes::Parameter> remove_parameters = {};

    std::function<service::Changed(service::Workspace&, const std::string& project, const std::string& name,
                                   const Fields&)>
        create = {};
    std::function<service::Changed(service::Workspace&, const catalog::Resource& before, const Fields&, bool replace,
                                   Revision)>
        update = {};
    std::function<void(service::Workspace&, const http::Request&, const catalog::Resource& before, bool force,
                       Revision)>
        remove = {};
    /// Called after each change, on the server's thread.
    std::function<void()> changed = {};
};

/// /v1/projects/{project}/NOUN[/{name}[/rename|enable|disable|duplicate|move|rollback|history|used]]. The pool must
/// outlive them.
std::vector<http::Route> noun_routes(service::WorkspacePool& workspaces, Noun noun);

/// "connections", as it stands in paths.
std::string plural_of(catalog::Kind kind);

/// The thing that the path names, of the project or of `global`. Throws not_found.
catalog::Resource thing_in(service::Workspace& workspace, const http::Request& request, catalog::Kind kind);
/// The same as it can be changed: one of `global` only by its own project's path. Throws not_found.
catalog::Resource own_thing(service::Workspace& workspace, const http::Request& request, catalog::Kind kind);

/// The answer after a change: the document with its warnings, its ETag, and with 201 its Location.
http::Response changed(const service::Changed& changed, unsigned status = 200);

}  // namespace fairlead::api

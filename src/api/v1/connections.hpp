#pragma once

#include <boost/json/object.hpp>
#include <functional>
#include <vector>

#include "api/services.hpp"
#include "http/router.hpp"
#include "service/connections.hpp"

namespace fairlead::service {
class Workspace;
}

namespace fairlead::api {

/// /v1/projects/{project}/connections and /v1/projects/{project}/connections/{name}
std::vector<http::Route> connection_routes(Services& services);
/// What can be done with a connection: test, enable, disable, duplicate, history, and so on.
std::vector<http::Route> connection_action_routes(Services& services);

/// The connection that the path names, as it can be changed: one of `global` only by its own project's path.
/// Throws not_found.
catalog::Connection own_connection(service::Workspace& workspace, const http::Request& request);

/// The answer after a change: the document with its warnings, its ETag, and with 201 its Location.
http::Response changed(const service::Saved& saved, unsigned status = 200);

}  // namespace fairlead::api

#pragma once

#include <vector>

#include "http/router.hpp"

namespace fairlead::service {
class WorkspacePool;
}

namespace fairlead::api {

/// /healthz (this process answers), /readyz (and its store does too), /version.
std::vector<http::Route> health_routes(service::WorkspacePool& workspaces);

}  // namespace fairlead::api

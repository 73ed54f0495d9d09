#pragma once

#include <vector>

#include "api/services.hpp"
#include "http/router.hpp"

namespace fairlead::api {

/// /v1/projects/{project}/connections/export, .../connections/{name}/export, .../connections/import
std::vector<http::Route> bundle_routes(Services& services);

}  // namespace fairlead::api

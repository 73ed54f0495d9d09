#pragma once

#include <vector>

#include "api/services.hpp"
#include "http/router.hpp"

namespace fairlead::api {

/// /v1/projects and /v1/projects/{project}/environments
std::vector<http::Route> place_routes(Services& services);
/// /v1/projects/{project}/variables
std::vector<http::Route> variable_routes(Services& services);

}  // namespace fairlead::api

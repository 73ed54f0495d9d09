#pragma once

#include <vector>

#include "api/services.hpp"
#include "http/router.hpp"

namespace fairlead::api {

/// /v1/projects/{project}/runs and what is below it, and the same of all projects at /v1/runs.
std::vector<http::Route> run_routes(Services& services);

}  // namespace fairlead::api

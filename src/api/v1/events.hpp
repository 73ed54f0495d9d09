#pragma once

#include <vector>

#include "api/services.hpp"
#include "http/router.hpp"

namespace fairlead::api {

/// /v1/events, /v1/runs/{id}/events, and both below a project.
std::vector<http::Route> event_routes(Services& services);

}  // namespace fairlead::api

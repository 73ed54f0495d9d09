#pragma once

#include <vector>

#include "api/services.hpp"
#include "http/router.hpp"

namespace fairlead::api {

/// /v1/nodes
std::vector<http::Route> node_routes(Services& services);

}  // namespace fairlead::api

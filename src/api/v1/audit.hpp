#pragma once

#include <vector>

#include "api/services.hpp"
#include "http/router.hpp"

namespace fairlead::api {

/// /v1/audit
std::vector<http::Route> audit_routes(Services& services);

}  // namespace fairlead::api

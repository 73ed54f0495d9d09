#pragma once

#include <vector>

#include "api/services.hpp"
#include "http/router.hpp"

namespace fairlead::api {

/// /v1/tokens, for administrators.
std::vector<http::Route> token_routes(Services& services);

}  // namespace fairlead::api

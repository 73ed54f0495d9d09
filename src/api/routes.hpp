#pragma once

#include <vector>

#include "api/services.hpp"
#include "http/router.hpp"

namespace fairlead::api {

/// The table of all routes, with those that describe it: /openapi.json and /docs.
/// `more`: rows of what has services of its own.
http::Router routes(Services& services, std::vector<http::Route> more = {});

}  // namespace fairlead::api

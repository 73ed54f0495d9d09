#pragma once

#include <vector>

#include "api/services.hpp"
#include "http/router.hpp"

namespace fairlead::api {

/// /v1/projects/{project}/connections and what noun_routes adds.
std::vector<http::Route> connection_routes(Services& services);
/// The tests of connections, saved or not.
std::vector<http::Route> connection_test_routes(Services& services);

}  // namespace fairlead::api

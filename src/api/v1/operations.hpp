#pragma once

#include <vector>

#include "api/services.hpp"
#include "catalog/run.hpp"
#include "http/router.hpp"

namespace fairlead::api {

/// /v1/projects/{project}/operations and /v1/projects/{project}/operations/{name}
std::vector<http::Route> operation_routes(Services& services);
/// .../operations/{name}/execute
std::vector<http::Route> execute_routes(Services& services);

/// Whether the client does not want to wait (Prefer: respond-async).
bool prefers_async(const http::Request& request);
/// The answer to such a request: 202, with the run and its address.
http::Response accepted(const catalog::Run& run);

}  // namespace fairlead::api

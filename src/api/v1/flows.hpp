#pragma once

#include <vector>

#include "api/services.hpp"
#include "http/router.hpp"

namespace fairlead::api {

/// .../projects/{project}/flows: list, create, show, replace, change, delete, enable, disable, run; what became of files.
std::vector<http::Route> flow_routes(Services& services);

}  // namespace fairlead::api

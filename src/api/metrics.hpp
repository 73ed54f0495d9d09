#pragma once

#include <vector>

#include "api/services.hpp"
#include "http/router.hpp"

namespace fairlead::service {
class Metrics;
}

namespace fairlead::api {

/// /metrics, in Prometheus' text format.
std::vector<http::Route> metric_routes(Services& services);

}  // namespace fairlead::api

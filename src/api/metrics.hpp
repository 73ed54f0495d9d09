#pragma once

#include <vector>

#include "http/router.hpp"

namespace fairlead::service {
class Metrics;
}

namespace fairlead::api {

/// /metrics, in Prometheus' text format.
std::vector<http::Route> metric_routes(service::Metrics& metrics);

}  // namespace fairlead::api

#include "api/metrics.hpp"

#include "api/services.hpp"
#include "service/engine.hpp"
#include "service/metrics.hpp"
#include "service/pools.hpp"

namespace fairlead::api {
namespace {

awaitable<http::Response> show(Services& services) {
    services.metrics.pools(co_await services.engine.usage());
    http::Response response;
    response.with("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
    response.body = services.metrics.text();
    co_return response;
}

}  // namespace

std::vector<http::Route> metric_routes(Services& services) {
    return {{"GET",
             "/metrics",
             {},
             "What this process counts, for Prometheus",
             [&services](http::Request&) { return show(services); },
             {.description = "Holds no name, path, host or secret, so it needs no token.",
              .response = "text/plain"}}};
}

}  // namespace fairlead::api

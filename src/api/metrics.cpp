#include "api/metrics.hpp"

#include "service/metrics.hpp"

namespace fairlead::api {
namespace {

awaitable<http::Response> show(service::Metrics& metrics) {
    http::Response response;
    response.with("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
    response.body = metrics.text();
    co_return response;
}

}  // namespace

std::vector<http::Route> metric_routes(service::Metrics& metrics) {
    return {{"GET",
             "/metrics",
             {},
             "What this process counts, for Prometheus",
             [&metrics](http::Request&) { return show(metrics); },
             {.description = "Holds no name, path, host or secret, so it needs no token.",
              .response = "text/plain"}}};
}

}  // namespace fairlead::api

#include "api/routes.hpp"

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <iterator>
#include <memory>
#include <utility>

#include "api/health.hpp"
#include "api/idempotent.hpp"
#include "api/metrics.hpp"
#include "api/project_book.hpp"
#include "api/schemas.hpp"
#include "api/v1/audit.hpp"
#include "api/v1/bundles.hpp"
#include "api/v1/connections.hpp"
#include "api/v1/events.hpp"
#include "api/v1/flows.hpp"
#include "api/v1/nodes.hpp"
#include "api/v1/operations.hpp"
#include "api/v1/places.hpp"
#include "api/v1/runs.hpp"
#include "api/v1/tokens.hpp"
#include "http/openapi.hpp"
#include "service/version.hpp"

namespace fairlead::api {
namespace {

using http::Request;
using http::Response;
using Text = std::shared_ptr<std::string>;

awaitable<Response> give(Text text, std::string_view type) {
    Response response;
    response.with("Content-Type", std::string(type));
    response.with("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'");
    response.body = *text;
    co_return response;
}

/// They describe themselves too, so their texts are made once the table is complete.
std::vector<http::Route> description_routes(const Text& document, const Text& page) {
    return {{"GET",
             "/openapi.json",
             {},
             "This description, as OpenAPI 3.1",
             [document](Request&) { return give(document, "application/json"); },
             {.response = "application/json"}},
            {"GET",
             "/docs",
             {},
             "This description, for people",
             [page](Request&) { return give(page, "text/html; charset=utf-8"); },
             {.response = "text/html"}}};
}

bool changes_something(const http::Route& row) {
    return !row.pattern.ends_with("/test") && !row.pattern.ends_with("/export");
}

}  // namespace

http::Router routes(Services& services, std::vector<http::Route> more) {
    http::Router router;
    router.add(health_routes(services.workspaces));
    router.add(metric_routes(services));
    std::vector<http::Route> rows;
    const auto add = [&](std::vector<http::Route> some) { std::ranges::move(some, std::back_inserter(rows)); };
    add(place_routes(services));
    add(variable_routes(services));
    add(connection_routes(services));
    add(connection_test_routes(services));
    add(bundle_routes(services));
    add(operation_routes(services));
    add(execute_routes(services));
    add(flow_routes(services));
    add(run_routes(services));
    add(event_routes(services));
    add(token_routes(services));
    add(audit_routes(services));
    add(node_routes(services));
    add(std::move(more));
    for (auto& row : rows)
        if (row.method == "POST" && changes_something(row)) make_idempotent(services, row);
    require_projects(services.workspaces, rows);
    router.add(std::move(rows));
    const auto document = std::make_shared<std::string>(), page = std::make_shared<std::string>();
    router.add(description_routes(document, page));

    http::ApiInfo info;
    info.title = "Fairlead";
    info.version = service::version();
    info.description =
        "Exchanges files over FTP, FTPS and SFTP. Every failure is a problem document (RFC 9457) whose "
        "code is the same word everywhere.";
    info.schemas = schemas();
    const auto description = http::openapi(router.routes(), info);
    *document = boost::json::serialize(description);
    *page = http::docs_page(description);
    return router;
}

}  // namespace fairlead::api

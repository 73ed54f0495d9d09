#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <vector>

#include "http/router.hpp"

namespace fairlead::http {

/// What the description of an API says beside its routes.
struct ApiInfo {
    std::string title;
    std::string version;
    std::string description;
    boost::json::object
        schemas;  ///< of documents, by the names that routes use (RouteNotes::request, response)
};

/// The OpenAPI 3.1 document of the table of routes. Throws Error{internal} for a route that names a schema
/// that is not there: the description would be wrong.
boost::json::object openapi(const std::vector<Route>& routes, const ApiInfo& info);

/// The same for people: one page that needs nothing from elsewhere, and no script.
std::string docs_page(const boost::json::object& openapi);

}  // namespace fairlead::http

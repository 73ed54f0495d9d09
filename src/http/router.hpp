#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/message.hpp"

namespace fairlead::http {

using Handler = std::function<awaitable<Response>(Request&)>;

/// What the description of the API says of a route beside its summary.
struct RouteNotes {
    /// A query parameter or header that the route understands.
    struct Parameter {
        std::string name;
        std::string help;
        std::string type = "string";  ///< of JSON Schema
        bool in_header = false;
        bool required = false;
    };
    std::string description;
    std::vector<Parameter> parameters;
    /// The name of a schema (http/openapi.hpp), which means JSON, or a media type such as "application/octet-stream", or
    /// several of them with blanks between; empty: none.
    std::string request;
    std::string response;
    unsigned success = 200;  ///< the status of a success
    std::map<unsigned, std::string> other_answers = {};  ///< further statuses of a success, with what they answer
    std::vector<unsigned>
        failures;  ///< statuses beside those that every route may answer (400, 401, 403, 500)
};

/// One row of the table of routes.
struct Route {
    std::string method;   ///< GET also answers HEAD
    std::string pattern;  ///< "/v1/projects/{project}/connections/{name}": a part in braces is any one part
    std::optional<Principal::Role> role;  ///< the least that is needed; absent: open to everybody
    std::string summary;
    Handler handler;
    RouteNotes notes = {};
};

/// Finds who answers. Paths are compared part by part, each decoded. A part in the pattern's own words wins
/// over one in braces.
class Router {
  public:
    /// Throws Error{internal} for a row that is there already.
    void add(std::vector<Route> routes);
    const std::vector<Route>& routes() const noexcept { return routes_; }

    /// The route, with the path's parameters put into the request. Throws Refusal 404, and 405 with the
    /// methods there are in Allow.
    const Route& find(Request& request) const;
    /// The methods that the path answers, such as "GET, HEAD, OPTIONS"; empty: there is no such path.
    std::string allowed(std::string_view path) const;

  private:
    std::vector<Route> routes_;
    std::vector<std::vector<std::string>> parts_;  // of each route's pattern
};

/// "%41+b" decoded. Throws Error{invalid_argument} for a broken escape. `plus`: "+" is a space.
std::string decoded(std::string_view text, bool plus);
std::vector<std::pair<std::string, std::string>> parse_query(std::string_view text);

}  // namespace fairlead::http

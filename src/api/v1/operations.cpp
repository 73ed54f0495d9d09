#include "api/v1/operations.hpp"

#include "api/noun.hpp"

namespace fairlead::api {

std::vector<http::Route> operation_routes(Services& services) {
    return noun_routes(
        services.workspaces,
        {.kind = catalog::Kind::operation,
         .schema = "Operation",
         .filters = {{"action", "Only those that do this: create, get, query, list, delete, upsert, move"},
                     {"connection", "Only those on the connection of this name"}},
         .disable_note = "Whoever executes a disabled operation gets the code `disabled`.",
         .remove_note = "Its runs stay."});
}

}  // namespace fairlead::api

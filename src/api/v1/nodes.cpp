#include "api/v1/nodes.hpp"

#include <boost/json/array.hpp>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>

#include "api/json.hpp"
#include "api/parameters.hpp"
#include "base/process_identity.hpp"
#include "service/workspace.hpp"
#include "service/workspace_pool.hpp"
#include "store/node_store.hpp"
#include "store/run_store.hpp"
#include "store/store.hpp"

namespace fairlead::api {
namespace {

namespace json = boost::json;

constexpr auto kSilent = std::chrono::minutes(1);  // four signs of life were left out

json::object list_of(service::Workspace& workspace) {
    std::map<std::string, std::int64_t> leases;
    for (const auto& run : workspace.store().runs().running())
        ++leases[run.lease.owner];
    const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
    json::array items;
    for (const auto& node : workspace.store().nodes().list()) {
        const bool is_self = node.process == process_identity();
        items.push_back({{"name", node.name},
                         {"process", node.process},
                         {"version", node.version},
                         {"since", to_rfc3339(node.since)},
                         {"lastSeen", to_rfc3339(node.seen)},
                         {"state", now - node.seen < kSilent ? "serving" : "silent"},
                         {"leases", leases[node.process]},
                         {"self", is_self}});
    }
    return {{"items", std::move(items)}};
}

awaitable<http::Response> list(Services& services, http::Request& request) {
    refuse_unknown_parameters(request, {});
    json::object document;
    co_await services.workspaces.run(actor_of(request),
                                     [&](service::Workspace& workspace) { document = list_of(workspace); });
    co_return answer(document);
}

}  // namespace

std::vector<http::Route> node_routes(Services& services) {
    return {{"GET",
             "/v1/nodes",
             http::Principal::Role::admin,
             "List the daemons that serve this store",
             [&services](http::Request& request) { return list(services, request); },
             {.description = "Each tells every 15 seconds that it lives, and is silent when nothing was heard for a minute; "
                             "leases are the runs that it executes now.",
              .response = "NodeList"}}};
}

}  // namespace fairlead::api

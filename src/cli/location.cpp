#include "cli/location.hpp"

#include <utility>

#include "service/connections.hpp"
#include "service/workspace.hpp"

namespace fairlead::cli {

namespace {

/// The data directory is not touched, let alone made, for a URL or a local path.
service::Connections* connections_for(Context& context, const Location& location) {
    return location.kind == Location::Kind::connection ? &context.workspace().connections() : nullptr;
}

}  // namespace

service::Destination destination_of(Context& context, const Location& location,
                                    const ConnectionFlags& flags) {
    return service::destination_of(connections_for(context, location), context.options.project, location,
                                   flags.resolve());
}

awaitable<OpenedLocation> open_location(Context& context, Location location, const ConnectionFlags& flags) {
    auto* connections = connections_for(context, location);
    return service::open(connections, context.options.project, std::move(location), flags.resolve(),
                         context.observer());
}

}  // namespace fairlead::cli

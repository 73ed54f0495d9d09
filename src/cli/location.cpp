#include "cli/location.hpp"

#include <utility>

#include "service/connections.hpp"
#include "service/workspace.hpp"

namespace fairlead::cli {

awaitable<OpenedLocation> open_location(Context& context, Location location, const ConnectionFlags& flags) {
    // The data directory is not touched, let alone made, for a URL or a local path.
    auto* connections =
        location.kind == Location::Kind::connection ? &context.workspace().connections() : nullptr;
    return service::open(connections, context.options.project, std::move(location), flags.resolve(),
                         context.observer());
}

}  // namespace fairlead::cli

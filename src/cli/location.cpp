#include "cli/location.hpp"

#include <utility>

#include "service/connections.hpp"
#include "service/workspace.hpp"

namespace fairlead::cli {

awaitable<OpenedLocation> open_location(Context& context, Location location, const ConnectionFlags& flags) {
    return service::open(context.workspace().connections(), context.options.project, std::move(location),
                         flags.resolve(), context.observer());
}

}  // namespace fairlead::cli

#include "cli/location.hpp"

#include <utility>

namespace fairlead::cli {

awaitable<OpenedLocation> open_location(Context& context, Location location, const ConnectionFlags& flags) {
    return service::open(context.workspace(), context.options.project, std::move(location), flags.resolve(),
                         context.observer());
}

}  // namespace fairlead::cli

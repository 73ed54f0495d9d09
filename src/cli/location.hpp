#pragma once

#include <string>

#include "cli/connection_options.hpp"
#include "cli/context.hpp"
#include "service/location.hpp"

namespace fairlead::cli {

using service::Location;
using service::OpenedLocation;
using service::parse_location;

/// See service::destination_of.
service::Destination destination_of(Context& context, const Location& location, const ConnectionFlags& flags);

/// Opens a location with what the command line says: project, connection flags, trace. See service::open.
awaitable<OpenedLocation> open_location(Context& context, Location location, const ConnectionFlags& flags);

}  // namespace fairlead::cli

#pragma once

#include "catalog/monitor.hpp"
#include "monitor/look.hpp"

/// From a stored monitor to a look.
namespace fairlead::monitor {

Rules rules_of(const catalog::Monitor& monitor);
/// `now` is what ages are reckoned from.
Watched watched_of(const catalog::Monitor& monitor, Time now);
Scene scene_of(const catalog::Monitor& monitor);

}  // namespace fairlead::monitor

#pragma once

#include "catalog/resource.hpp"

namespace fairlead::service {

/// Throws invalid_argument for a flow whose schedule is new (`before`: what it was; null: there was none) and has no moment
/// left: its single time has passed, or its end has.
void refuse_what_never_comes(const catalog::Resource* before, const catalog::Resource& flow, Time now);

}  // namespace fairlead::service

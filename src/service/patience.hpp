#pragma once

#include "catalog/retry.hpp"
#include "transfer/retry.hpp"

namespace fairlead::service {

/// What a flow or operation says about trying again, for its transfers. `retries`: after the first attempt.
transfer::Patience patience_of(const catalog::Retry& retry, unsigned retries);

}  // namespace fairlead::service

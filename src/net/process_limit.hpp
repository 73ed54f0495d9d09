#pragma once

#include <memory>

#include "net/rate_limit.hpp"

namespace fairlead::net {

/// Limits what all transfers of this process take together from now on, whoever began them. Threads: any.
void limit_process(RateSchedule schedule);

/// What keeps to that limit; null: there is none.
std::shared_ptr<RateLimit> process_limit();

}  // namespace fairlead::net

#pragma once

#include <functional>
#include <string>

#include "transfer/attempts.hpp"

namespace fairlead::transfer {

/// Does something with one of the sessions, once. `was_dead`, where given, tells after a failure whether the
/// session had ended while it was kept (see Sessions::Lease::failed).
awaitable<void> on_session(Sessions& place, std::function<awaitable<void>(FileSystem&)> use,
                           bool* was_dead = nullptr);

/// Does something with a session to a place, and all of it again, with a session that works, as long as what
/// fails may pass and patience lasts. `what` is for `retrying`, which may be empty. `log` hears of the attempts.
awaitable<void> persistently(Sessions& place, Patience patience, std::string what, Retrying retrying,
                             std::function<awaitable<void>(FileSystem&)> use, AttemptLog* log = nullptr);

/// How patient the options are, or else the place is.
Patience patience_with(Sessions& place, const Options& options);

}  // namespace fairlead::transfer

#pragma once

#include "api/services.hpp"
#include "catalog/run.hpp"
#include "http/message.hpp"

namespace fairlead::api {

/// Waits until a run that was queued for this request has ended. A client that does not wait for it has the run cancelled:
/// nobody else asked for it; unless it gave an Idempotency-Key, with which it can ask again. Throws as Runner::wait_for.
awaitable<catalog::Run> run_for_client(Services& services, const http::Request& request, catalog::Run run);

}  // namespace fairlead::api

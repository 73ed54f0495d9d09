#pragma once

#include "api/services.hpp"
#include "catalog/run.hpp"
#include "http/router.hpp"

namespace fairlead::service {
class Workspace;
}

namespace fairlead::api {

/// Gives a route that creates or starts something the header Idempotency-Key: what was answered to a key is
/// kept for a day, sealed as secrets are, and given again to the same request of the same token, which then
/// does nothing. Another request with that key is refused (422), and one that comes while the first is at work
/// is told to come again (409). A failure keeps nothing: then the key is free again. Of an answer that is large,
/// or broke off while it streamed, only that it was given is kept (409). Contents up to the limit of documents
/// belong to what "the same request" means; of larger ones their size and Content-Digest do. A key that queued a run
/// belongs to that run, whatever dies: the request that is sent again is answered with what the run comes to.
void make_idempotent(Services& services, http::Route& route);

/// Queues a run for a request, in one transaction with the claim of its Idempotency-Key; or gives the run that an earlier
/// request with that key has queued. For the handlers of routes that are made idempotent.
catalog::Run queue_once(service::Workspace& workspace, const http::Request& request, const catalog::Run& draft);

}  // namespace fairlead::api

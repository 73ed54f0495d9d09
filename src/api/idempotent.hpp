#pragma once

#include "api/services.hpp"
#include "http/router.hpp"

namespace fairlead::api {

/// Gives a route that creates or starts something the header Idempotency-Key: what was answered to a key is
/// kept for a day, sealed as secrets are, and given again to the same request of the same token, which then
/// does nothing. Another request with that key is refused (422), and one that comes while the first is at work
/// is told to come again (409). A failure keeps nothing: then the key is free again. Of an answer that is large,
/// or broke off while it streamed, only that it was given is kept (409). Contents up to the limit of documents
/// belong to what "the same request" means; of larger ones their size and Content-Digest do.
void make_idempotent(Services& services, http::Route& route);

}  // namespace fairlead::api

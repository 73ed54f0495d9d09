#pragma once

#include <memory>
#include <string>

#include "store/store.hpp"

namespace fairlead::store::postgres {

/// A Store in the PostgreSQL database of this URL (see Address). Throws what store::open does, and what
/// connecting may throw: authentication_failed, connection_refused, tls_failed and so on.
std::unique_ptr<Store> open(const std::string& url);

}  // namespace fairlead::store::postgres

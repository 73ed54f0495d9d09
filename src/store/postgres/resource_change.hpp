#pragma once

#include <string_view>

#include "store/postgres/database.hpp"
#include "store/resource_store.hpp"

namespace fairlead::store::postgres {

/// One change of ResourceStore::apply, within a transaction: the resource, its secrets and references, and
/// the entry of the audit that is its revision. Throws already_exists and conflict as `apply` does.
void apply_change(Transaction& transaction, const ResourceChange& change, std::string_view via);

}  // namespace fairlead::store::postgres

#pragma once

#include <vector>

#include "fairlead/error.hpp"
#include "service/actor.hpp"
#include "store/resource_store.hpp"

namespace fairlead::store {
class Store;
}

namespace fairlead::service {

/// Applies changes in one transaction, with what else must be so then: the project of the first one is made when it is
/// not there yet; what a monitor or a flow knows goes with it when it is deleted; a monitor that looks at other files
/// now forgets what it saw; and events are kept for those who take them. Gives what should be said about it. Throws
/// what ResourceStore::apply and apply_in_project throw.
std::vector<Fault> store_changes(store::Store& store, const Actor& actor,
                                 const std::vector<store::ResourceChange>& changes);

}  // namespace fairlead::service

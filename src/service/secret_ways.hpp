#pragma once

#include <vector>

#include "service/actor.hpp"
#include "store/resource_store.hpp"

/// Where stored secrets are sent. Whoever enters a password decides by that which server it is for. So only
/// Actor::redirects_secrets may have one sent to another server without entering it again: not by changing the connection,
/// by going back to a revision, by moving it to where its variables mean something else, or by changing such a variable.
namespace fairlead::service {

/// Throws egress_denied, naming every secret that must be entered again. Every change that is stored passes here
/// (apply_in_project).
void refuse_redirected_secrets(store::ResourceStore& store, const Actor& actor,
                               const std::vector<store::ResourceChange>& changes);

}  // namespace fairlead::service

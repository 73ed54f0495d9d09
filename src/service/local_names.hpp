#pragma once

#include <vector>

#include "catalog/connection.hpp"
#include "service/actor.hpp"
#include "store/resource_store.hpp"

/// Who may make Fairlead read what lies on the machine that it runs on. A secret may say where it is kept (env:NAME,
/// file:PATH, command:...), and a connection may name a file of host keys. Fairlead reads these as its own user, and what
/// it finds goes to the server that the connection names: so whoever could write such a name could have any secret of the
/// machine sent to him. Only Actor::names_local may; others keep those that a thing has already, and use them.
namespace fairlead::service {

/// Throws egress_denied, naming every field, when a change would store a name that the thing does not hold already. Every
/// change that is stored passes here (apply_in_project).
void refuse_local_names(store::ResourceStore& store, const Actor& actor,
                        const std::vector<store::ResourceChange>& changes);

/// The same for what is given for one use: `before` is what is stored, or an empty connection.
void refuse_local_names(const Actor& actor, const catalog::Connection& before, catalog::Connection given);

}  // namespace fairlead::service

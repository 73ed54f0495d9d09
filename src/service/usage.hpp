#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "catalog/resource.hpp"

namespace fairlead::store {
class ResourceStore;
}

/// Where a thing is used.
namespace fairlead::service {

/// The resources that use exactly this thing: of its project, and, for a global one, of every project that has none
/// of its own by that name. By kind, project and name.
std::vector<catalog::Resource> users_of(store::ResourceStore& store, catalog::Kind kind, std::string_view project,
                                        std::string_view name);

/// "the operation 'fetch', the flow 'orders' in the project 'shop' and 3 more".
std::string sentence_of(const std::vector<catalog::Resource>& users, std::string_view project);

/// Throws conflict, naming them, when there are users and `force` is not given. `doing` says what for: "deleted".
void refuse_used(const std::vector<catalog::Resource>& users, catalog::Kind kind, std::string_view project,
                 std::string_view name, std::string_view doing, bool force);

}  // namespace fairlead::service

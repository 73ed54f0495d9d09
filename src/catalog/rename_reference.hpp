#pragma once

#include <string>
#include <string_view>

#include "catalog/resource.hpp"

namespace fairlead::catalog {

/// What uses a thing, after that got another name: in its references, and in every member of its definition that is
/// called after the kind (`connection`, `operation`; flows also in `after`). Connections also in every location `NAME:path` in texts that are
/// locations (members `location`, `source`, `target`, `from`, `to`, and lists of that name with an s).
void rename_reference(Resource& user, const Reference& renamed, std::string_view new_name);

}  // namespace fairlead::catalog

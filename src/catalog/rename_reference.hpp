#pragma once

#include <string>
#include <string_view>

#include "catalog/resource.hpp"

namespace fairlead::catalog {

/// What uses a connection, after the connection got another name: in its references, in every member `connection` of
/// its definition, and in every location `NAME:path` in its other texts that are locations (members `location`,
/// `source`, `target`, `from`, `to`, and lists of that name with an s).
void rename_connection(Resource& user, std::string_view old_name, std::string_view new_name);

}  // namespace fairlead::catalog

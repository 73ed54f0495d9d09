#pragma once

#include <string>

namespace fairlead::service {

/// Who asks for something, for revisions and the audit.
struct Actor {
    std::string name;         ///< a user, or a token
    std::string via = "cli";  ///< "cli", "api", "library", "daemon"
};

}  // namespace fairlead::service

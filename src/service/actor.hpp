#pragma once

#include <string>

namespace fairlead::service {

/// Who asks for something, for revisions and the audit.
struct Actor {
    std::string name;         ///< a user, or a token
    std::string via = "cli";  ///< "cli", "api", "library", "daemon"
    /// Whether it may name what is kept on this machine; see local_names.hpp.
    bool names_local = false;
    /// Whether it may have stored secrets sent to another server; see secret_ways.hpp.
    bool redirects_secrets = false;
};

}  // namespace fairlead::service

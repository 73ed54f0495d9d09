#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bundle/bundle.hpp"
#include "catalog/resource.hpp"
#include "fairlead/secret.hpp"

namespace fairlead::service {
class Workspace;
}

namespace fairlead::bundle {

/// What is to be exported.
struct ExportWish {
    Scope scope = Scope::connections;
    std::string project = "default";
    catalog::Kind kind = catalog::Kind::connection;  ///< of Scope::connections: what they are
    /// Of Scope::connections; empty: all of the project. What they use goes along, but for variables, whose values are
    /// another place's own.
    std::vector<std::string> names;
    /// The package is encrypted under this, and holds the secrets.
    std::optional<Secret> passphrase;
};

/// A package, ready to be kept.
struct Export {
    std::string file_name;  ///< "13 Nov 2025-ftp-integration-NAME-export.zip", of today
    std::string bytes;
    Bundle content;         ///< what is in it, secrets removed
};

/// Blocks: for a passphrase about a second. Throws Error{not_found} naming every name that is unknown,
/// Error{invalid_argument} for a package that would be too large and for an empty passphrase, and what
/// opening a secret throws.
Export make_export(service::Workspace& workspace, const ExportWish& wish);

}  // namespace fairlead::bundle

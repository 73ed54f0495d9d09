#pragma once

#include <string_view>
#include <vector>

#include "catalog/operation.hpp"

namespace fairlead::service {

class Workspace;

/// The saved operations; for what can be done with every kind of thing, see Things. Names are looked up in the project
/// first, then in `global`, without regard to case.
class Operations {
  public:
    /// The workspace must outlive this object.
    explicit Operations(Workspace& workspace) : workspace_(workspace) {}

    /// Throws not_found, with a near name as a hint.
    catalog::Operation get(std::string_view project, std::string_view name);
    /// What can be run. Throws not_found and Error{disabled}.
    catalog::Operation usable(std::string_view project, std::string_view name);
    /// With its variables replaced, as a run of this project has them in the workspace's environment. Throws invalid_argument naming every
    /// field and variable: one that has no value there, and one that is secret, because what an operation does is
    /// recorded.
    catalog::Operation expanded(catalog::Operation operation, std::string_view project);
    /// Those of the project and of `global`, by name; a project's own hides a global one of the same name.
    std::vector<catalog::Operation> list(std::string_view project);

  private:
    Workspace& workspace_;
};

}  // namespace fairlead::service

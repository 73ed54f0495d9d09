#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/operation.hpp"
#include "store/resource_store.hpp"

namespace fairlead::service {

class Workspace;

/// A stored operation with what should be said about it.
struct SavedOperation {
    catalog::Operation operation;
    std::vector<Fault> warnings;
};

/// The saved operations; for what can be done with every kind of thing, see Things. Names are looked up in the project
/// first, then in `global`, without regard to case. Every change makes a revision.
class Operations {
  public:
    /// The workspace must outlive this object.
    explicit Operations(Workspace& workspace) : workspace_(workspace) {}

    /// Throws already_exists for a name that is taken, invalid_argument with every fault.
    SavedOperation create(std::string_view project, std::string_view name, const boost::json::object& fields);
    /// Lays the fields over what is there; with `replace`, over the defaults. Throws conflict when
    /// `expected_revision` is given and stale.
    SavedOperation update(std::string_view project, std::string_view name, const boost::json::object& fields,
                          bool replace = false, std::optional<std::int64_t> expected_revision = {});
    /// Throws conflict while something uses it, unless forced.
    void remove(std::string_view project, std::string_view name,
                std::optional<std::int64_t> expected_revision = {}, bool force = false);

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
    std::vector<std::string> names(std::string_view project);

  private:
    SavedOperation store(catalog::Operation operation, store::Change change, std::vector<Fault> faults,
                         const std::string& old_name = {});

    Workspace& workspace_;
};

}  // namespace fairlead::service

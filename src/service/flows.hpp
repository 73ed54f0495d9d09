#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/flow.hpp"
#include "store/delivery_store.hpp"

namespace fairlead::service {

class Workspace;

/// Who takes a monitor's events for a flow (store::EventStore), by the flow's id.
std::string consumer_of_flow(std::string_view id);

/// The saved flows; for what can be done with every kind of thing, see Things. Names are looked up in the project
/// first, then in `global`, without regard to case.
class Flows {
  public:
    /// The workspace must outlive this object.
    explicit Flows(Workspace& workspace) : workspace_(workspace) {}

    /// Throws not_found, with a near name as a hint.
    catalog::Flow get(std::string_view project, std::string_view name);
    /// What can be run. Throws not_found and Error{disabled}.
    catalog::Flow usable(std::string_view project, std::string_view name);
    /// Those of the project and of `global`, by name; a project's own hides a global one of the same name.
    std::vector<catalog::Flow> list(std::string_view project);

    /// What the flow's ledger says; `query.flow` is filled in. Throws not_found for the flow.
    std::vector<catalog::FileVersion> files(std::string_view project, std::string_view name, store::VersionQuery query);
    /// Forgets versions, so that what is there counts as new. Gives how many. Recorded in the audit.
    std::size_t reset(std::string_view project, std::string_view name, store::VersionQuery query);

  private:
    Workspace& workspace_;
};

}  // namespace fairlead::service

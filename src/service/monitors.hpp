#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/monitor.hpp"
#include "fairlead/secret.hpp"

namespace fairlead::service {

class Workspace;

/// The stored monitors; for what can be done with every kind of thing, see Things. Names are looked up in the project
/// first, then in `global`, without regard to case.
class Monitors {
  public:
    /// The workspace must outlive this object.
    explicit Monitors(Workspace& workspace) : workspace_(workspace) {}

    /// Forgets what was seen: the next look is a first one. Events that are not delivered yet stay.
    void reset(std::string_view project, std::string_view name);

    /// Throws not_found, with a near name as a hint.
    catalog::Monitor get(std::string_view project, std::string_view name);
    /// By its id, in whatever project.
    std::optional<catalog::Monitor> find(std::string_view id);
    /// Those of the project and of `global`, by name; a project's own hides a global one of the same name.
    std::vector<catalog::Monitor> list(std::string_view project);

    /// With what webhooks are signed; nothing where it has none. May block.
    std::optional<Secret> webhook_secret(const catalog::Monitor& monitor);
    /// Its name as a consumer of events (store::EventStore).
    static std::string webhook_consumer(const catalog::Monitor& monitor);

  private:
    Workspace& workspace_;
};

}  // namespace fairlead::service

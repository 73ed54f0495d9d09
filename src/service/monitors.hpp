#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/monitor.hpp"
#include "fairlead/secret.hpp"
#include "store/resource_store.hpp"

namespace fairlead::service {

class Workspace;

/// A stored monitor with what should be said about it.
struct SavedMonitor {
    catalog::Monitor monitor;
    std::vector<Fault> warnings;
};

/// The stored monitors. Names are looked up in the project first, then in `global`, without regard to case.
/// Every change makes a revision.
class Monitors {
  public:
    using Revision = std::optional<std::int64_t>;

    /// The workspace must outlive this object.
    explicit Monitors(Workspace& workspace) : workspace_(workspace) {}

    /// Throws already_exists for a name that is taken, invalid_argument with every fault.
    SavedMonitor create(std::string_view project, std::string_view name, const boost::json::object& fields);
    /// Lays the fields over what is there; with `replace`, over the defaults, but the secret stays unless it is
    /// named. What was seen is forgotten where it says nothing any more (catalog::sees_otherwise): the next look
    /// is a first one, which a warning says. Throws conflict when `expected` is given and stale.
    SavedMonitor update(std::string_view project, std::string_view name, const boost::json::object& fields,
                        bool replace = false, Revision expected = {});
    SavedMonitor set_enabled(std::string_view project, std::string_view name, bool enabled, Revision expected = {});
    /// With all that it knows, its events and its dead letters.
    void remove(std::string_view project, std::string_view name, Revision expected = {});
    /// Forgets what was seen: the next look is a first one. Events that are not delivered yet stay.
    void reset(std::string_view project, std::string_view name);

    /// Throws not_found, with a near name as a hint.
    catalog::Monitor get(std::string_view project, std::string_view name);
    /// By its id, in whatever project.
    std::optional<catalog::Monitor> find(std::string_view id);
    /// Those of the project and of `global`, by name; a project's own hides a global one of the same name.
    std::vector<catalog::Monitor> list(std::string_view project);
    std::vector<std::string> names(std::string_view project);

    /// With what webhooks are signed; nothing where it has none. May block.
    std::optional<Secret> webhook_secret(const catalog::Monitor& monitor);
    /// Its name as a consumer of events (store::EventStore).
    static std::string webhook_consumer(const catalog::Monitor& monitor);

  private:
    SavedMonitor store(catalog::Monitor monitor, store::Change change, std::vector<Fault> faults,
                       const boost::json::object& fields, const catalog::Monitor* before);

    Workspace& workspace_;
};

}  // namespace fairlead::service

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/connection.hpp"
#include "fairlead/file_system.hpp"
#include "fairlead/observer.hpp"
#include "service/actor.hpp"
#include "store/resource_store.hpp"

namespace fairlead::service {

class Vault;

/// A stored connection with what should be said about it.
struct Saved {
    catalog::Connection connection;
    std::vector<Fault> warnings;
};

/// The saved connections: making, changing, finding and opening them. Names are looked up in the project
/// first, then in `global`, without regard to case. Every change makes a revision. Connections that come from
/// here hold their secrets sealed.
class Connections {
  public:
    /// `actor` is recorded as who made each change, as it is at that moment. The references must outlive this
    /// object.
    Connections(store::ResourceStore& store, Vault& vault, const Actor& actor);

    /// Throws already_exists for a name that is taken, invalid_argument with every fault.
    Saved create(std::string_view project, std::string_view name, const catalog::ConnectionPatch& fields);
    /// Throws conflict when `expected_revision` is given and stale. When the host or proxy changes and a
    /// stored secret stays, a warning says so.
    Saved update(std::string_view project, std::string_view name, const catalog::ConnectionPatch& changes,
                 std::optional<std::int64_t> expected_revision = {});
    Saved rename(std::string_view project, std::string_view name, std::string_view new_name);
    /// A copy under another name, with the secrets.
    Saved duplicate(std::string_view project, std::string_view name, std::string_view new_name);
    Saved set_enabled(std::string_view project, std::string_view name, bool enabled);
    void remove(std::string_view project, std::string_view name);

    /// Throws not_found, with a near name as a hint.
    catalog::Connection get(std::string_view project, std::string_view name);
    /// Those of the project and of `global`, by name; a project's own hides a global one of the same name.
    std::vector<catalog::Connection> list(std::string_view project);
    std::vector<std::string> names(std::string_view project);
    /// The changes of a connection, newest first; see catalog::connection_of for their resources.
    std::vector<store::Revision> history(std::string_view project, std::string_view name);

    /// What to open: the stored connection with overrides laid over it for one use, secrets in the clear.
    /// Stored secrets stay behind when an override changes host, port or protocol. Throws not_found,
    /// Error{disabled}, invalid_argument.
    catalog::Connection usable(std::string_view project, std::string_view name,
                               const catalog::ConnectionPatch& overrides = {});

    /// The same for a connection at hand, enabled or not.
    catalog::Connection overridden(const catalog::Connection& stored,
                                   const catalog::ConnectionPatch& overrides);

    /// All that `open` uses: the same lookup, overrides and errors, without going to the server.
    Endpoint endpoint(std::string_view project, std::string_view name, catalog::ConnectionPatch overrides);

    /// Opens a session by name. Secrets among the overrides are used only where the connection has none of
    /// its own; `usable` lets them win. A host key accepted on first use is recorded on the connection.
    awaitable<std::unique_ptr<FileSystem>> open(std::string project, std::string name,
                                                catalog::ConnectionPatch overrides, Observer* observer);

    /// Records a host key that was accepted on first use.
    void record_host_key(std::string_view project, std::string_view name, const std::string& fingerprint);

  private:
    catalog::Connection to_open(const catalog::Connection& stored, std::string_view project,
                                catalog::ConnectionPatch overrides);
    Saved store_change(catalog::Connection connection, store::Change change,
                       std::vector<Fault> warnings = {});

    std::optional<catalog::Connection> find(std::string_view project, std::string_view name);

    store::ResourceStore& store_;
    Vault& vault_;
    const Actor& actor_;
};

}  // namespace fairlead::service

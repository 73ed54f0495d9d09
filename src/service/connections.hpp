#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "catalog/connection.hpp"
#include "fairlead/file_system.hpp"
#include "fairlead/observer.hpp"
#include "service/actor.hpp"
#include "store/resource_store.hpp"

namespace fairlead::store {
class Store;
}

namespace fairlead::service {

class Things;
class Variables;
class Vault;

/// A stored connection with what should be said about it.
struct Saved {
    catalog::Connection connection;
    std::vector<Fault> warnings;
};

/// Some of many connections, in order.
struct ConnectionPage {
    std::vector<catalog::Connection> connections;
    std::string next;  ///< the cursor of the next page; empty: this was the last
};

/// What a connection is in one environment: for people, without secrets.
struct Preview {
    std::string environment;         ///< empty: none
    catalog::Connection connection;  ///< variables replaced, secret values as "***", no secrets
    std::vector<std::pair<std::string, std::string>> replaced;  ///< each field with variables, and what it became
    std::vector<Fault> faults;                                  ///< why it cannot be used there
};

/// The saved connections: making, changing, finding and opening them. Names are looked up in the project
/// first, then in `global`, without regard to case. Every change makes a revision. Connections that come from
/// here hold their secrets sealed. Where a revision can be expected, a stale one throws conflict.
class Connections {
  public:
    using Revision = std::optional<std::int64_t>;

    /// `actor` is recorded as who made each change, and `environment` is the one that `${name}` is looked up in, both
    /// as they are at that moment. The references must outlive this object.
    Connections(store::Store& store, Vault& vault, Variables& variables, const Actor& actor,
                const std::string& environment);

    /// Throws already_exists for a name that is taken, invalid_argument with every fault.
    Saved create(std::string_view project, std::string_view name, const catalog::ConnectionPatch& fields);
    /// Several, by name and fields: all or none, in one transaction.
    std::vector<Saved> create_all(
        std::string_view project,
        std::span<const std::pair<std::string, catalog::ConnectionPatch>> connections);
    /// When the host or proxy changes and a stored secret stays, a warning says so. A change of the name is a
    /// rename.
    Saved update(std::string_view project, std::string_view name, const catalog::ConnectionPatch& changes,
                 Revision expected = {});
    /// What uses it follows, in the same transaction.
    Saved rename(std::string_view project, std::string_view name, std::string_view new_name,
                 Revision expected = {});
    /// A copy under another name, with the secrets.
    Saved duplicate(std::string_view project, std::string_view name, std::string_view new_name);
    /// Into another project, or `global`. Throws conflict when something that uses it would not find it there, unless
    /// forced. Warns of variables that are not there.
    Saved move(std::string_view project, std::string_view name, std::string_view to, bool force = false,
               Revision expected = {});
    Saved set_enabled(std::string_view project, std::string_view name, bool enabled, Revision expected = {});
    /// As it was at that revision, as a new one. Name and project stay, and so do the secrets, which no revision
    /// holds; a warning names those that were others then. Throws not_found for a revision that there is not.
    Saved rollback(std::string_view project, std::string_view name, std::int64_t to, Revision expected = {});
    /// Throws conflict while something uses it, unless forced.
    void remove(std::string_view project, std::string_view name, bool force = false, Revision expected = {});

    /// Throws not_found, with a near name as a hint.
    catalog::Connection get(std::string_view project, std::string_view name);
    /// Those of the project and of `global`, by name; a project's own hides a global one of the same name.
    std::vector<catalog::Connection> list(std::string_view project);
    /// The same, page by page: kind and projects of the query are set here, and a limit of 0 is 100. A page may be
    /// shorter than its limit.
    ConnectionPage page(std::string_view project, store::ResourceQuery query);
    std::vector<std::string> names(std::string_view project);
    /// The changes of a connection, newest first; see catalog::connection_of for their resources.
    std::vector<store::Revision> history(std::string_view project, std::string_view name);
    /// What uses it.
    std::vector<catalog::Resource> users(std::string_view project, std::string_view name);

    /// What its fields become in each of these environments; "" is none.
    std::vector<Preview> preview(std::string_view project, std::string_view name,
                                 const std::vector<std::string>& environments);

    /// What to open: the stored connection with overrides laid over it for one use, variables replaced, secrets in
    /// the clear. Stored secrets stay behind when an override changes the host or proxy. Throws not_found (also for
    /// an environment), Error{disabled}, invalid_argument.
    catalog::Connection usable(std::string_view project, std::string_view name,
                               const catalog::ConnectionPatch& overrides = {});

    /// The same for a connection at hand, enabled or not; `project` is whose variables count, empty: the
    /// connection's own.
    catalog::Connection overridden(const catalog::Connection& stored,
                                   const catalog::ConnectionPatch& overrides, std::string_view project = {});

    /// All that `open` uses: the same lookup, overrides and errors, without going to the server.
    Endpoint endpoint(std::string_view project, std::string_view name, catalog::ConnectionPatch overrides);

    /// Opens a session by name. Secrets among the overrides are used only where the connection has none of
    /// its own; `usable` lets them win. A host key accepted on first use is recorded on the connection.
    awaitable<std::unique_ptr<FileSystem>> open(std::string project, std::string name,
                                                catalog::ConnectionPatch overrides, Observer* observer);

    /// Records a host key that was accepted on first use.
    void record_host_key(std::string_view project, std::string_view name, const std::string& fingerprint);

  private:
    catalog::Connection made(std::string_view project, std::string_view name,
                             const catalog::ConnectionPatch& fields, std::vector<Fault>& warnings);
    catalog::Connection to_open(const catalog::Connection& stored, std::string_view project,
                                catalog::ConnectionPatch overrides);
    /// The change as the store takes it: sealed, stamped, with what it refers to.
    store::ResourceChange prepare(catalog::Connection& connection, store::Change change,
                                  std::vector<std::string> removed_secrets = {});
    Saved store_change(catalog::Connection connection, store::Change change, std::vector<Fault> warnings = {},
                       std::vector<std::string> removed_secrets = {}, const std::string& old_name = {});
    catalog::Connection expected(std::string_view project, std::string_view name, Revision revision);
    Things things();

    store::Store& store_;
    Vault& vault_;
    Variables& variables_;
    const Actor& actor_;
    const std::string& environment_;
};

}  // namespace fairlead::service

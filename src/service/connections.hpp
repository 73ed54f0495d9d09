#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/connection.hpp"
#include "fairlead/file_system.hpp"
#include "fairlead/observer.hpp"

namespace fairlead::store {
class ConnectionStore;
}

namespace fairlead::service {

/// A stored connection with what should be said about it.
struct Saved {
    catalog::Connection connection;
    std::vector<Fault> warnings;
};

/// The saved connections: making, changing, finding and opening them. Names are looked up in the project
/// first, then in `global`, without regard to case. Every change makes a revision.
class Connections {
  public:
    /// `user` is recorded as who made each change. Both references must outlive this object.
    Connections(store::ConnectionStore& store, std::string user);

    /// Throws already_exists for a name that is taken, invalid_argument with every fault.
    Saved create(std::string_view project, std::string_view name, const catalog::ConnectionPatch& fields);
    /// Throws conflict when `expected_revision` is given and stale. Changing host, port or protocol without
    /// giving the password again drops the stored secrets that would go to the new place.
    Saved update(std::string_view project, std::string_view name, const catalog::ConnectionPatch& changes,
                 std::optional<std::int64_t> expected_revision = {});
    Saved rename(std::string_view project, std::string_view name, std::string_view new_name);
    Saved duplicate(std::string_view project, std::string_view name, std::string_view new_name);
    Saved set_enabled(std::string_view project, std::string_view name, bool enabled);
    void remove(std::string_view project, std::string_view name);

    /// Throws not_found, with near names as a hint.
    catalog::Connection get(std::string_view project, std::string_view name);
    /// Those of the project and of `global`, by name.
    std::vector<catalog::Connection> list(std::string_view project);
    std::vector<std::string> names(std::string_view project);

    /// The connection with overrides laid over it, for one use. A stored secret stays behind when an override
    /// changes the host, the port or the protocol. Throws invalid_argument.
    catalog::Connection overridden(catalog::Connection connection, const catalog::ConnectionPatch& overrides);

    /// Opens a session by name. Throws Error{disabled} for a disabled connection. A host key accepted on
    /// first use is recorded on the connection.
    awaitable<std::unique_ptr<FileSystem>> open(std::string project, std::string name,
                                                catalog::ConnectionPatch overrides, Observer* observer);

  private:
    Saved save(catalog::Connection changed);
    void record_host_key(std::string_view project, std::string_view name, const std::string& fingerprint);

    store::ConnectionStore& store_;
    std::string user_;
};

}  // namespace fairlead::service

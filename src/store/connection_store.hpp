#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/connection.hpp"

namespace fairlead::store {

/// What a change did, for the list of revisions.
enum class Change { create, update, rename, enable, disable, remove };

/// One change of a connection, as it was recorded.
struct Revision {
    std::int64_t number = 0;
    std::string change;  ///< "create", "update", "rename", "enable", "disable" or "delete"
    std::string name;
    Time at{};
    std::string by;
    boost::json::object fields;                ///< after the change, without secrets
    std::vector<std::string> changed_secrets;  ///< their field paths
};

/// Where connections are kept. Secrets come and go sealed (Connection::sealed); those in the clear are
/// neither stored nor given. Every change is one transaction and leaves a revision. Used from one thread.
class ConnectionStore {
  public:
    virtual ~ConnectionStore() = default;

    /// By name, without regard to case, in exactly this project.
    virtual std::optional<catalog::Connection> find(std::string_view project, std::string_view name) = 0;
    /// Those of the project, by name.
    virtual std::vector<catalog::Connection> list(std::string_view project) = 0;
    virtual std::vector<std::string> names(std::string_view project) = 0;

    /// Stores a new connection, whose record is complete. Throws already_exists when the name is taken.
    virtual void insert(const catalog::Connection& connection) = 0;
    /// Stores a change. The record's revision is the new one; `changed_secrets` are recorded by name. Throws
    /// conflict when the stored revision is not the one before, already_exists when the new name is taken.
    virtual void update(const catalog::Connection& connection, Change change,
                        const std::vector<std::string>& changed_secrets) = 0;
    /// Throws conflict when the stored revision is not the one of the record.
    virtual void remove(const catalog::Connection& connection, std::string_view by, Time at) = 0;

    /// Oldest first.
    virtual std::vector<Revision> history(std::string_view id) = 0;
};

/// Facts about the whole store.
class SettingStore {
  public:
    virtual ~SettingStore() = default;
    virtual std::optional<std::string> get(std::string_view name) = 0;
    /// Sets it if it is not set yet; gives what is set afterwards.
    virtual std::string set_once(std::string_view name, std::string_view value) = 0;
};

}  // namespace fairlead::store

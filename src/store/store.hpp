#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "store/audit_store.hpp"
#include "store/resource_store.hpp"
#include "store/run_store.hpp"
#include "store/setting_store.hpp"

namespace fairlead::store {

class DeliveryStore;
class EventStore;
class MonitorStore;
class IdempotencyStore;
class NodeStore;

/// All that is kept, of one engine. Opened, its schema is the newest. Used from one thread; several Stores,
/// also of several processes, may be open at once.
class Store {
  public:
    virtual ~Store() = default;

    virtual ResourceStore& resources() = 0;
    virtual AuditStore& audit() = 0;
    virtual SettingStore& settings() = 0;
    /// Throws Error{unsupported} where the engine keeps no runs.
    virtual RunStore& runs();
    virtual DeliveryStore& deliveries() = 0;
    /// store/monitor_store.hpp
    virtual MonitorStore& monitors() = 0;
    /// store/event_store.hpp
    virtual EventStore& events() = 0;
    /// store/idempotency_store.hpp
    virtual IdempotencyStore& idempotency() = 0;
    /// store/node_store.hpp
    virtual NodeStore& nodes() = 0;

    /// Runs several calls as one transaction: all of it is kept, or, when `work` throws, nothing; within
    /// another one it is a part of that. May run `work` again (PostgreSQL: after a deadlock or a fail-over), so it
    /// must change nothing but the store.
    virtual void together(const std::function<void()>& work) = 0;

    /// A number that is another one after anything in the store was changed, by whomever; comparable with what
    /// this object gave before. Nothing where that cannot be told at once.
    virtual std::optional<std::uint64_t> changes() { return std::nullopt; }

    /// Waits until a run was changed, by whomever; may say so also when none was. False when none was within the time.
    /// The first call begins to listen, so look once before waiting.
    virtual bool await_change(std::chrono::milliseconds limit) = 0;

    /// The version of its schema.
    virtual int schema_version() = 0;
    /// What it is and where, for people; never a password: "SQLite /path/fairlead.db".
    virtual std::string description() const = 0;
};

/// Opens a store, makes it if it is not there, and brings its schema up to date. `where`: the path of an
/// SQLite file, or the URL of a PostgreSQL database (store/postgres/address.hpp). Throws conflict naming both
/// versions when its schema is newer than this build's, permission_denied, no_space, server_busy.
std::unique_ptr<Store> open(const std::string& where);

}  // namespace fairlead::store

#include "store/sqlite/store.hpp"

#include <algorithm>
#include <thread>
#include <utility>

#include "store/sqlite/audit_store.hpp"
#include "store/sqlite/delivery_store.hpp"
#include "store/sqlite/event_store.hpp"
#include "store/sqlite/idempotency_store.hpp"
#include "store/sqlite/migrations.hpp"
#include "store/sqlite/monitor_store.hpp"
#include "store/sqlite/node_store.hpp"
#include "store/sqlite/resource_store.hpp"
#include "store/sqlite/run_store.hpp"
#include "store/sqlite/setting_store.hpp"

namespace fairlead::store::sqlite {
namespace {

class SqliteStore final : public Store {
  public:
    explicit SqliteStore(const std::string& path)
        : database_(path),
          resources_(database_),
          audit_(database_),
          settings_(database_),
          runs_(database_),
          deliveries_(database_),
          monitors_(database_),
          events_(database_) {
        migrate(database_);
    }

    ResourceStore& resources() override { return resources_; }
    AuditStore& audit() override { return audit_; }
    SettingStore& settings() override { return settings_; }
    RunStore& runs() override { return runs_; }
    DeliveryStore& deliveries() override { return deliveries_; }
    MonitorStore& monitors() override { return monitors_; }
    EventStore& events() override { return events_; }
    IdempotencyStore& idempotency() override { return idempotency_; }
    NodeStore& nodes() override { return nodes_; }

    void together(const std::function<void()>& work) override {
        Transaction transaction(database_);
        work();
        transaction.commit();
    }

    std::optional<std::uint64_t> changes() override {
        // The one counts what other connections have committed, the other what this one has changed.
        auto others = database_.prepare("PRAGMA data_version");
        if (!others.step()) return std::nullopt;
        return (static_cast<std::uint64_t>(others.number(0)) << 40) ^
               static_cast<std::uint64_t>(database_.total_changes());
    }

    /// SQLite wakes nobody: this looks at the number of changes, which costs a few microseconds.
    bool await_change(std::chrono::milliseconds limit) override {
        constexpr std::chrono::milliseconds kLook(50);
        const auto deadline = std::chrono::steady_clock::now() + limit;
        for (;;) {
            const auto seen = changes();
            if (std::exchange(seen_changes_, seen) != seen) return true;
            const auto left = deadline - std::chrono::steady_clock::now();
            if (left.count() <= 0) return false;
            std::this_thread::sleep_for(std::min<std::chrono::steady_clock::duration>(kLook, left));
        }
    }

    int schema_version() override { return version_of(database_); }
    std::string description() const override { return "SQLite " + database_.path(); }

  private:
    Database database_;
    std::optional<std::uint64_t> seen_changes_;
    SqliteResourceStore resources_;
    SqliteAuditStore audit_;
    SqliteSettingStore settings_;
    SqliteRunStore runs_;
    SqliteDeliveryStore deliveries_;
    SqliteMonitorStore monitors_;
    SqliteEventStore events_;
    SqliteIdempotencyStore idempotency_{database_};
    SqliteNodeStore nodes_{database_};
};

}  // namespace

std::unique_ptr<Store> open(const std::string& path) {
    return std::make_unique<SqliteStore>(path);
}

}  // namespace fairlead::store::sqlite

#include "store/postgres/store.hpp"

#include "store/postgres/audit_store.hpp"
#include "store/postgres/delivery_store.hpp"
#include "store/postgres/event_store.hpp"
#include "store/postgres/idempotency_store.hpp"
#include "store/postgres/migrations.hpp"
#include "store/postgres/monitor_store.hpp"
#include "store/postgres/node_store.hpp"
#include "store/postgres/resource_store.hpp"
#include "store/postgres/run_change.hpp"
#include "store/postgres/run_store.hpp"
#include "store/postgres/setting_store.hpp"

namespace fairlead::store::postgres {
namespace {

class PostgresStore final : public Store {
  public:
    explicit PostgresStore(const std::string& url) : database_(Address(url)) { migrate(database_); }

    ResourceStore& resources() override { return resources_; }
    AuditStore& audit() override { return audit_; }
    SettingStore& settings() override { return settings_; }
    RunStore& runs() override { return runs_; }
    MonitorStore& monitors() override { return monitors_; }
    EventStore& events() override { return events_; }
    IdempotencyStore& idempotency() override { return idempotency_; }
    NodeStore& nodes() override { return nodes_; }

    DeliveryStore& deliveries() override { return deliveries_; }

    void together(const std::function<void()>& work) override { database_.together(work); }
    bool await_change(std::chrono::milliseconds limit) override {
        return database_.await_notification(kRunChannel, limit);
    }
    int schema_version() override { return version_of(database_); }
    std::string description() const override { return "PostgreSQL " + database_.shown(); }

  private:
    Database database_;
    PostgresResourceStore resources_{database_};
    PostgresAuditStore audit_{database_};
    PostgresSettingStore settings_{database_};
    PostgresRunStore runs_{database_};
    PostgresDeliveryStore deliveries_{database_};
    PostgresMonitorStore monitors_{database_};
    PostgresEventStore events_{database_};
    PostgresIdempotencyStore idempotency_{database_};
    PostgresNodeStore nodes_{database_};
};

}  // namespace

std::unique_ptr<Store> open(const std::string& url) {
    return std::make_unique<PostgresStore>(url);
}

}  // namespace fairlead::store::postgres

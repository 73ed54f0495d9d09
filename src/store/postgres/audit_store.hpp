#pragma once

#include "store/audit_store.hpp"
#include "store/postgres/database.hpp"

namespace fairlead::store::postgres {

class PostgresAuditStore final : public AuditStore {
  public:
    /// The database must be migrated and must outlive this object.
    explicit PostgresAuditStore(Database& database) : database_(database) {}

    std::vector<AuditEntry> list(const AuditQuery& query) override;
    void record(const AuditEntry& entry) override;
    std::int64_t forget_before(Time time) override;

  private:
    Database& database_;
};

}  // namespace fairlead::store::postgres

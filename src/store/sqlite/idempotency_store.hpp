#pragma once

#include "store/idempotency_store.hpp"
#include "store/sqlite/database.hpp"

namespace fairlead::store::sqlite {

class SqliteIdempotencyStore final : public IdempotencyStore {
  public:
    /// The database must be migrated and must outlive this object.
    explicit SqliteIdempotencyStore(Database& database) : database_(database) {}

    std::optional<Earlier> begin(std::string_view token, std::string_view key, std::string_view request,
                                 Time now, Time until) override;
    void extend(std::string_view token, std::string_view key, Time until) override;
    void finish(std::string_view token, std::string_view key, const GivenAnswer& answer, Time until) override;
    void forget(std::string_view token, std::string_view key) override;
    void forget_expired(Time now) override;

  private:
    Database& database_;
};

}  // namespace fairlead::store::sqlite

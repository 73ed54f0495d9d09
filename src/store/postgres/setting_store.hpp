#pragma once

#include "store/postgres/database.hpp"
#include "store/setting_store.hpp"

namespace fairlead::store::postgres {

class PostgresSettingStore final : public SettingStore {
  public:
    /// The database must be migrated and must outlive this object.
    explicit PostgresSettingStore(Database& database) : database_(database) {}

    std::optional<std::string> get(std::string_view name) override;
    std::string set_once(std::string_view name, std::string_view value) override;
    void set(std::string_view name, std::string_view value) override;

  private:
    Database& database_;
};

}  // namespace fairlead::store::postgres

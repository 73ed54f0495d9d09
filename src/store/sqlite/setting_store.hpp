#pragma once

#include "store/setting_store.hpp"
#include "store/sqlite/database.hpp"

namespace fairlead::store::sqlite {

class SqliteSettingStore final : public SettingStore {
  public:
    /// The database must be migrated and must outlive this object.
    explicit SqliteSettingStore(Database& database) : database_(database) {}

    std::optional<std::string> get(std::string_view name) override;
    std::string set_once(std::string_view name, std::string_view value) override;
    void set(std::string_view name, std::string_view value) override;

  private:
    Database& database_;
};

}  // namespace fairlead::store::sqlite

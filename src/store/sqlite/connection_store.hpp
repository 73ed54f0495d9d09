#pragma once

#include "store/connection_store.hpp"
#include "store/sqlite/database.hpp"

namespace fairlead::store::sqlite {

class SqliteConnectionStore final : public ConnectionStore {
  public:
    /// The database must be migrated and must outlive this object.
    explicit SqliteConnectionStore(Database& database) : database_(database) {}

    std::optional<catalog::Connection> find(std::string_view project, std::string_view name) override;
    std::vector<catalog::Connection> list(std::string_view project) override;
    std::vector<std::string> names(std::string_view project) override;
    void insert(const catalog::Connection& connection) override;
    void update(const catalog::Connection& connection, Change change,
                const std::vector<std::string>& changed_secrets) override;
    void remove(const catalog::Connection& connection, std::string_view by, Time at) override;
    std::vector<Revision> history(std::string_view id) override;

  private:
    std::vector<catalog::Connection> read(Statement& rows);
    void write_secrets(const catalog::Connection& connection);
    void write_revision(const catalog::Connection& connection, Change change,
                        const std::vector<std::string>& changed_secrets);

    Database& database_;
};

class SqliteSettingStore final : public SettingStore {
  public:
    explicit SqliteSettingStore(Database& database) : database_(database) {}

    std::optional<std::string> get(std::string_view name) override;
    std::string set_once(std::string_view name, std::string_view value) override;

  private:
    Database& database_;
};

}  // namespace fairlead::store::sqlite

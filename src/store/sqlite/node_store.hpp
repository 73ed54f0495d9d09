#pragma once

#include "store/sqlite/database.hpp"
#include "store/node_store.hpp"

namespace fairlead::store::sqlite {

class SqliteNodeStore final : public NodeStore {
  public:
    /// The database must be migrated and must outlive this object.
    explicit SqliteNodeStore(Database& database) : database_(database) {}

    void put(const Node& node) override;
    std::vector<Node> list() override;
    void remove(std::string_view process) override;

  private:
    Database& database_;
};

}  // namespace fairlead::store::sqlite

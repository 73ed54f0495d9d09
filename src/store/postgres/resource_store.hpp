#pragma once

#include "store/postgres/database.hpp"
#include "store/resource_store.hpp"

namespace fairlead::store::postgres {

class PostgresResourceStore final : public ResourceStore {
  public:
    /// The database must be migrated and must outlive this object.
    explicit PostgresResourceStore(Database& database) : database_(database) {}

    std::optional<catalog::Resource> find(catalog::Kind kind, std::string_view project,
                                          std::string_view name) override;
    std::optional<catalog::Resource> find(std::string_view id) override;
    std::vector<catalog::Resource> list(const ResourceQuery& query) override;
    std::vector<std::string> names(catalog::Kind kind, std::string_view project) override;
    using ResourceStore::apply;
    void apply(std::span<const ResourceChange> changes, std::string_view via) override;
    std::vector<Revision> revisions(std::string_view id) override;
    std::vector<catalog::Resource> users_of(catalog::Kind kind, std::string_view project,
                                            std::string_view name) override;

  private:
    Database& database_;
};

}  // namespace fairlead::store::postgres

#pragma once

#include "store/resource_store.hpp"
#include "store/sqlite/database.hpp"

namespace fairlead::store::sqlite {

class SqliteResourceStore final : public ResourceStore {
  public:
    /// The database must be migrated and must outlive this object.
    explicit SqliteResourceStore(Database& database) : database_(database) {}

    using ResourceStore::apply;
    std::optional<catalog::Resource> find(catalog::Kind kind, std::string_view project,
                                          std::string_view name) override;
    std::optional<catalog::Resource> find(std::string_view id) override;
    std::vector<catalog::Resource> list(const ResourceQuery& query) override;
    std::vector<std::string> names(catalog::Kind kind, std::string_view project) override;
    void apply(std::span<const ResourceChange> changes, std::string_view via) override;
    std::vector<Revision> revisions(std::string_view id) override;
    std::vector<catalog::Resource> users_of(catalog::Kind kind, std::string_view project,
                                            std::string_view name) override;

  private:
    std::vector<catalog::Resource> list_of(const ResourceQuery& query, const std::string* project);
    std::vector<catalog::Resource> read(Statement& rows);
    void insert(const catalog::Resource& resource);
    void update(const catalog::Resource& resource);
    void remove(const catalog::Resource& resource);
    void write_parts(const catalog::Resource& resource);
    void write_revision(const ResourceChange& change, std::string_view via);

    Database& database_;
};

}  // namespace fairlead::store::sqlite

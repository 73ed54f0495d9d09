#pragma once

#include "store/delivery_store.hpp"
#include "store/sqlite/database.hpp"

namespace fairlead::store::sqlite {

class SqliteDeliveryStore final : public DeliveryStore {
  public:
    /// The database must outlive this object.
    explicit SqliteDeliveryStore(Database& database) : database_(database) {}

    std::optional<std::string> take(std::string_view flow, std::string_view run) override;
    std::vector<catalog::FileVersion> versions_of(std::string_view flow, std::string_view path) override;
    std::vector<catalog::FileVersion> list(const VersionQuery& query) override;
    void put(catalog::FileVersion& version) override;
    std::size_t forget(const VersionQuery& query) override;
    void forget_flow(std::string_view flow) override;
    std::optional<catalog::FileVersion> same_content(std::string_view flow, std::string_view hash,
                                                     std::int64_t besides) override;
    bool take_moment(std::string_view flow, Time moment, Time now) override;
    std::optional<Time> last_moment(std::string_view flow) override;
    void forget_moments_after(std::string_view flow, Time time) override;
    bool take_notice(std::string_view flow, std::string_view key, Time now) override;
    bool has_notice(std::string_view flow, std::string_view key) override;
    std::int64_t forget_notes(Time before, std::size_t limit) override;
    std::int64_t forget_versions(Time before, std::size_t limit) override;

  private:
    std::int64_t next_counter(std::string_view flow);

    Database& database_;
};

}  // namespace fairlead::store::sqlite

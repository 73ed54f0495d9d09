#pragma once

#include "store/monitor_store.hpp"
#include "store/postgres/database.hpp"

namespace fairlead::store::postgres {

class PostgresMonitorStore final : public MonitorStore {
  public:
    /// The database must be migrated and must outlive this object.
    explicit PostgresMonitorStore(Database& database) : database_(database) {}

    std::optional<std::uint64_t> begin_look(std::string_view monitor, const LookStart& start) override;
    bool renew_look(std::string_view monitor, std::uint64_t look, Time until) override;
    void end_look(std::string_view monitor, std::uint64_t look, const LookEnd& end) override;
    bool has_baseline(std::string_view monitor) override;
    std::optional<MonitorStatus> status(std::string_view monitor) override;
    std::vector<MonitorStatus> statuses(std::string_view after, std::size_t limit) override;
    std::vector<catalog::FileState> find(std::string_view monitor,
                                         std::span<const std::string> paths) override;
    std::vector<catalog::FileState> files(std::string_view monitor, std::string_view after,
                                          std::size_t limit) override;
    std::uint64_t count_files(std::string_view monitor) override;
    std::vector<catalog::FileState> unrecorded(std::string_view monitor, std::uint64_t look,
                                           std::string_view after, std::size_t limit) override;
    std::vector<catalog::FileState> waiting(std::string_view monitor, std::uint64_t look,
                                            std::string_view after, std::size_t limit) override;
    std::vector<catalog::FileState> came(std::string_view monitor, std::uint64_t look, std::uint64_t size,
                                         std::size_t limit) override;
    void save(std::string_view monitor, std::uint64_t look, const Changes& changes) override;
    void reset(std::string_view monitor) override;
    void remove(std::string_view monitor) override;

  private:
    static void require_right(Transaction& transaction, std::string_view monitor, std::uint64_t look);

    Database& database_;
};

}  // namespace fairlead::store::postgres

#pragma once

#include "base/glob.hpp"
#include "store/postgres/database.hpp"
#include "store/run_store.hpp"

namespace fairlead::store::postgres {

class PostgresRunStore final : public RunStore {
  public:
    /// The database must be migrated and must outlive this object.
    explicit PostgresRunStore(Database& database) : database_(database) {}

    void insert(const catalog::Run& run) override;
    std::optional<catalog::Run> find(std::string_view id) override;
    std::vector<catalog::Run> list(const RunQuery& query) override;
    std::vector<FoundFile> find_files(const FileQuery& query) override;
    std::uint64_t count(catalog::RunState state) override;
    std::optional<catalog::Run> claim(const Claim& claim) override;
    std::optional<catalog::Run> claim(std::string_view id, std::string_view owner, Time now,
                                      Time until) override;
    RunWish renew(std::string_view id, std::int64_t fence, Time until) override;
    std::vector<catalog::Run> expired(Time now) override;
    void bring_forward(Time now) override;
    std::vector<catalog::Run> running() override;
    bool requeue(std::string_view id, std::int64_t fence, Time now, std::string_view reason) override;
    void put_file(std::string_view id, std::int64_t fence, const catalog::RunFile& file, Time now) override;
    std::vector<catalog::RunFile> files(std::string_view id, std::int64_t from, std::size_t limit) override;
    void note(std::string_view id, std::int64_t fence, std::string_view type, const boost::json::object& data,
              Time now) override;
    std::uint64_t add_trace(std::string_view id, std::int64_t fence, std::string_view text) override;
    std::string trace(std::string_view id) override;
    void finish(std::string_view id, std::int64_t fence, catalog::RunState state,
                const std::optional<Error>& error, Time now) override;
    catalog::Run request_cancel(std::string_view id, Time now) override;
    catalog::Run request_pause(std::string_view id, Time now) override;
    catalog::Run resume(std::string_view id, Time now) override;
    std::vector<catalog::RunEvent> events(const EventQuery& query) override;
    std::int64_t newest_event() override;
    Forgotten forget(const Retention& retention, Time now) override;

  private:
    bool has_file(std::string_view id, const Glob& glob);
    /// Whether not many files of these projects have a name that begins as the pattern does.
    bool are_few(const std::vector<std::string>& projects, std::string_view pattern);
    std::vector<catalog::Run> page(const RunQuery& query, bool few);
    std::vector<catalog::Run> read(const std::string& rest, std::span<const Value> values);

    Database& database_;
};

}  // namespace fairlead::store::postgres

#pragma once

#include "base/glob.hpp"
#include "store/run_store.hpp"
#include "store/sqlite/database.hpp"

namespace fairlead::store::sqlite {

class SqliteRunStore final : public RunStore {
  public:
    /// The database must be migrated and must outlive this object.
    explicit SqliteRunStore(Database& database) : database_(database) {}

    void insert(const catalog::Run& run) override;
    std::optional<catalog::Run> find(std::string_view id) override;
    std::vector<catalog::Run> list(const RunQuery& query) override;
    std::vector<FoundFile> find_files(const FileQuery& query) override;
    std::uint64_t count(catalog::RunState state) override;
    std::optional<catalog::Run> claim(const Claim& claim) override;
    std::optional<catalog::Run> claim(std::string_view id, std::string_view owner, Time now, Time until) override;
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
    catalog::Run take(const catalog::Run& run, std::string_view owner, Time now, Time until);
    catalog::Run present(std::string_view id);
    /// Whether not many files of these projects have a name that begins as the pattern does.
    bool are_few(const std::vector<std::string>& projects, std::string_view pattern);
    bool has_file(std::string_view id, const Glob& glob);
    std::vector<catalog::Run> page(const RunQuery& query, bool few);
    std::string next_of(const Claim& claim, std::int64_t priority);
    /// Adds a recorded file to the sums of its run, or takes it out.
    void add_to_sums(std::string_view id, std::int64_t file, char sign);
    /// Gives the run, if it still belongs to whoever has this fence.
    catalog::Run ours(std::string_view id, std::int64_t fence);
    void write_event(std::string_view id, std::string_view type, const boost::json::object& data, Time now);

    Database& database_;
};

}  // namespace fairlead::store::sqlite

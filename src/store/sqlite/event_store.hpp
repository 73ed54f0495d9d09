#pragma once

#include "store/event_store.hpp"
#include "store/sqlite/database.hpp"

namespace fairlead::store::sqlite {

class SqliteEventStore final : public EventStore {
  public:
    /// The database must be migrated and must outlive this object.
    explicit SqliteEventStore(Database& database) : database_(database) {}

    std::vector<catalog::FileEvent> list(std::string_view monitor, std::uint64_t after,
                                         std::size_t limit) override;
    std::vector<catalog::FileEvent> latest(std::string_view monitor, std::size_t limit) override;
    std::optional<catalog::FileEvent> find(std::string_view id) override;
    void add(const catalog::FileEvent& event) override;
    std::uint64_t newest() override;
    void subscribe(std::string_view consumer, std::string_view monitor) override;
    void unsubscribe(std::string_view consumer) override;
    std::optional<Consumer> consumer(std::string_view name) override;
    std::vector<Consumer> consumers() override;
    std::vector<Consumer> consumers_of(std::string_view monitor) override;
    std::vector<Consumer> due(std::string_view prefix, std::string_view owner, Time now, std::size_t limit) override;
    bool claim(std::string_view consumer, std::string_view owner, Time now, Time until) override;
    std::vector<catalog::FileEvent> pending(std::string_view consumer, std::size_t limit) override;
    void advance(std::string_view consumer, std::uint64_t up_to) override;
    void postpone(std::string_view consumer, std::uint64_t attempts, Time not_before,
                  std::string_view problem) override;
    void give_up(std::string_view consumer, const catalog::FileEvent& event, std::uint64_t attempts,
                 std::string_view problem, Time at) override;
    std::vector<DeadLetter> dead_letters(std::string_view monitor, std::uint64_t after,
                                         std::size_t limit) override;
    std::vector<DeadLetter> replays(std::string_view consumer, std::size_t limit) override;
    std::int64_t replay(std::string_view consumer, std::string_view event) override;
    std::int64_t drop(std::string_view consumer, std::string_view event) override;
    std::int64_t forget(std::string_view monitor, Time before, std::size_t limit) override;
    void remove(std::string_view monitor) override;

  private:
    Database& database_;
};

}  // namespace fairlead::store::sqlite

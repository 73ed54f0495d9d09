#include "store/sqlite/event_store.hpp"

#include "store/clock.hpp"
#include "store/resource_text.hpp"
#include "store/sqlite/monitor_rows.hpp"

namespace fairlead::store::sqlite {
namespace {

using catalog::FileEvent;

constexpr std::string_view kThatLetter =
    "consumer = ?1 AND (?2 = '' OR sequence = (SELECT sequence FROM monitor_event WHERE id = ?2))";

std::vector<FileEvent> events_of(Statement& rows) {
    std::vector<FileEvent> found;
    while (rows.step())
        found.push_back(file_event_of(rows));
    return found;
}

std::vector<DeadLetter> letters_of(Statement& rows) {
    std::vector<DeadLetter> found;
    while (rows.step())
        found.push_back(letter_of(rows));
    return found;
}

}  // namespace

std::vector<FileEvent> SqliteEventStore::list(std::string_view monitor, std::uint64_t after,
                                              std::size_t limit) {
    // The monitor stands in the condition only when there is one, so that its index is used.
    auto rows = database_.prepare(kSelectEvent + "WHERE e.sequence > ? " + (monitor.empty() ? "" : "AND e.monitor = ? ") +
                                  "ORDER BY e.sequence LIMIT ?");
    rows.bind(signed_of(after));
    if (!monitor.empty()) rows.bind(monitor);
    rows.bind(signed_of(limit));
    return events_of(rows);
}

std::vector<FileEvent> SqliteEventStore::latest(std::string_view monitor, std::size_t limit) {
    auto rows = database_.prepare(kSelectEvent + "WHERE e.monitor = ? ORDER BY e.sequence DESC LIMIT ?");
    rows.bind(monitor).bind(signed_of(limit));
    return events_of(rows);
}

void SqliteEventStore::add(const FileEvent& event) {
    insert_event(database_, event.monitor, event);
}

std::optional<FileEvent> SqliteEventStore::find(std::string_view id) {
    auto row = database_.prepare(kSelectEvent + "WHERE e.id = ?");
    row.bind(id);
    if (!row.step()) return std::nullopt;
    return file_event_of(row);
}

std::uint64_t SqliteEventStore::newest() {
    // Of all that there ever were: those that were forgotten too.
    auto row = database_.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'monitor_event'");
    return row.step() ? static_cast<std::uint64_t>(row.number(0)) : 0;
}

void SqliteEventStore::subscribe(std::string_view consumer, std::string_view monitor) {
    database_
        .prepare("INSERT INTO monitor_consumer (name, monitor, position) VALUES (?, ?, coalesce((SELECT seq FROM "
                 "sqlite_sequence WHERE name = 'monitor_event'), 0)) ON CONFLICT DO NOTHING")
        .bind(consumer)
        .bind(monitor)
        .run();
}

void SqliteEventStore::unsubscribe(std::string_view consumer) {
    Transaction transaction(database_);
    database_.prepare("DELETE FROM monitor_consumer WHERE name = ?").bind(consumer).run();
    database_.prepare("DELETE FROM monitor_dead_letter WHERE consumer = ?").bind(consumer).run();
    transaction.commit();
}

std::optional<Consumer> SqliteEventStore::consumer(std::string_view name) {
    auto row = database_.prepare(kSelectConsumer + "WHERE name = ?");
    row.bind(name);
    if (!row.step()) return std::nullopt;
    return consumer_of(row);
}

std::vector<Consumer> SqliteEventStore::consumers() {
    auto rows = database_.prepare(kSelectConsumer + "ORDER BY name");
    std::vector<Consumer> found;
    while (rows.step())
        found.push_back(consumer_of(rows));
    return found;
}

std::vector<Consumer> SqliteEventStore::consumers_of(std::string_view monitor) {
    auto rows = database_.prepare(kSelectConsumer + "WHERE monitor = ? ORDER BY name");
    rows.bind(monitor);
    std::vector<Consumer> found;
    while (rows.step())
        found.push_back(consumer_of(rows));
    return found;
}

std::vector<Consumer> SqliteEventStore::due(std::string_view prefix, std::string_view owner, Time now,
                                            std::size_t limit) {
    auto rows = database_.prepare(
        kSelectConsumer +
        "c WHERE substr(name, 1, length(?1)) = ?1 AND (not_before <= ?2 OR not_before > ?5) AND (owner = '' OR owner = "
        "?3 OR owned_until <= ?2 OR owned_until > ?5) AND (EXISTS (SELECT 1 FROM monitor_event e WHERE e.monitor = c.monitor AND e.sequence > c.position) OR "
        "(c.monitor = '' AND EXISTS (SELECT 1 FROM monitor_event e WHERE e.sequence > c.position)) OR EXISTS (SELECT 1 "
        "FROM monitor_dead_letter d WHERE d.consumer = c.name AND d.replay = 1)) ORDER BY name LIMIT ?4");
    rows.bind(prefix).bind(to_number(now)).bind(owner).bind(signed_of(limit)).bind(to_number(latest_wait(now)));
    std::vector<Consumer> found;
    while (rows.step())
        found.push_back(consumer_of(rows));
    return found;
}

bool SqliteEventStore::claim(std::string_view consumer, std::string_view owner, Time now, Time until) {
    database_
        .prepare("UPDATE monitor_consumer SET owner = ?1, owned_until = ?2 WHERE name = ?3 AND (owner = '' OR "
                 "owner = ?1 OR owned_until <= ?4 OR owned_until > ?5)")
        .bind(owner)
        .bind(to_number(until))
        .bind(consumer)
        .bind(to_number(now))
        .bind(to_number(latest_wait(now)))
        .run();
    return database_.changes() > 0;
}

std::vector<FileEvent> SqliteEventStore::pending(std::string_view consumer, std::size_t limit) {
    const auto found = this->consumer(consumer);
    if (!found) return {};
    return list(found->monitor, found->position, limit);
}

void SqliteEventStore::advance(std::string_view consumer, std::uint64_t up_to) {
    database_
        .prepare("UPDATE monitor_consumer SET position = ?1, attempts = 0, not_before = 0, problem = '' WHERE "
                 "name = ?2 AND position < ?1")
        .bind(signed_of(up_to))
        .bind(consumer)
        .run();
}

void SqliteEventStore::postpone(std::string_view consumer, std::uint64_t attempts, Time not_before,
                                std::string_view problem) {
    database_.prepare("UPDATE monitor_consumer SET attempts = ?, not_before = ?, problem = ? WHERE name = ?")
        .bind(signed_of(attempts))
        .bind(to_number(not_before))
        .bind(problem)
        .bind(consumer)
        .run();
}

void SqliteEventStore::give_up(std::string_view consumer, const FileEvent& event, std::uint64_t attempts,
                               std::string_view problem, Time at) {
    Transaction transaction(database_);
    database_
        .prepare("INSERT OR REPLACE INTO monitor_dead_letter (consumer, sequence, attempts, problem, at) VALUES "
                 "(?, ?, ?, ?, ?)")
        .bind(consumer)
        .bind(signed_of(event.sequence))
        .bind(signed_of(attempts))
        .bind(problem)
        .bind(to_number(at))
        .run();
    advance(consumer, event.sequence);
    transaction.commit();
}

std::vector<DeadLetter> SqliteEventStore::dead_letters(std::string_view monitor, std::uint64_t after,
                                                       std::size_t limit) {
    auto rows = database_.prepare(kSelectLetter + "WHERE d.sequence > ? " + (monitor.empty() ? "" : "AND e.monitor = ? ") +
                                  "ORDER BY d.sequence, d.consumer LIMIT ?");
    rows.bind(signed_of(after));
    if (!monitor.empty()) rows.bind(monitor);
    rows.bind(signed_of(limit));
    return letters_of(rows);
}

std::vector<DeadLetter> SqliteEventStore::replays(std::string_view consumer, std::size_t limit) {
    auto rows = database_.prepare(kSelectLetter + "WHERE d.consumer = ? AND d.replay = 1 ORDER BY d.sequence LIMIT ?");
    rows.bind(consumer).bind(signed_of(limit));
    return letters_of(rows);
}

std::int64_t SqliteEventStore::replay(std::string_view consumer, std::string_view event) {
    database_.prepare("UPDATE monitor_dead_letter SET replay = 1 WHERE " + std::string(kThatLetter))
        .bind(consumer)
        .bind(event)
        .run();
    return database_.changes();
}

std::int64_t SqliteEventStore::drop(std::string_view consumer, std::string_view event) {
    database_.prepare("DELETE FROM monitor_dead_letter WHERE " + std::string(kThatLetter))
        .bind(consumer)
        .bind(event)
        .run();
    return database_.changes();
}

std::int64_t SqliteEventStore::forget(std::string_view monitor, Time before, std::size_t limit) {
    auto row = database_.prepare(
        std::string("DELETE FROM monitor_event WHERE sequence IN (SELECT sequence FROM monitor_event e WHERE at < ? ") +
        (monitor.empty() ? "" : "AND monitor = ? ") +
        "AND NOT EXISTS (SELECT 1 FROM monitor_consumer c WHERE c.monitor IN ('', e.monitor) AND c.position < "
        "e.sequence) AND NOT EXISTS (SELECT 1 FROM monitor_dead_letter d WHERE d.sequence = e.sequence) LIMIT ?)");
    row.bind(to_number(before));
    if (!monitor.empty()) row.bind(monitor);
    row.bind(signed_of(limit)).run();
    return database_.changes();
}

void SqliteEventStore::remove(std::string_view monitor) {
    Transaction transaction(database_);
    database_
        .prepare("DELETE FROM monitor_dead_letter WHERE sequence IN (SELECT sequence FROM monitor_event WHERE "
                 "monitor = ?)")
        .bind(monitor)
        .run();
    for (const auto* table : {"monitor_event", "monitor_consumer"})
        database_.prepare(std::string("DELETE FROM ") + table + " WHERE monitor = ?").bind(monitor).run();
    transaction.commit();
}

}  // namespace fairlead::store::sqlite

#include "store/postgres/event_store.hpp"

#include "store/clock.hpp"
#include "store/postgres/monitor_rows.hpp"
#include "store/resource_text.hpp"

namespace fairlead::store::postgres {
namespace {

using catalog::FileEvent;

constexpr std::string_view kThatLetter =
    "consumer = $1 AND ($2 = '' OR sequence = (SELECT sequence FROM monitor_event WHERE id = $2))";

std::vector<DeadLetter> letters_of(const Rows& rows) {
    std::vector<DeadLetter> found;
    for (const auto row : rows)
        found.push_back(letter_of(row));
    return found;
}

}  // namespace

std::vector<FileEvent> PostgresEventStore::list(std::string_view monitor, std::uint64_t after,
                                                std::size_t limit) {
    const auto rows =
        monitor.empty()
            ? database_.read(kSelectEvent + "WHERE e.sequence > $1 ORDER BY e.sequence LIMIT $2",
                             {signed_of(after), limit})
            : database_.read(kSelectEvent + "WHERE e.sequence > $1 AND e.monitor = $3 ORDER BY e.sequence LIMIT $2",
                             {signed_of(after), limit, monitor});
    std::vector<FileEvent> found;
    for (const auto row : rows)
        found.push_back(file_event_of(row));
    return found;
}

std::vector<FileEvent> PostgresEventStore::latest(std::string_view monitor, std::size_t limit) {
    std::vector<FileEvent> found;
    const auto rows =
        database_.read(kSelectEvent + "WHERE e.monitor = $1 ORDER BY e.sequence DESC LIMIT $2", {monitor, limit});
    for (const auto row : rows)
        found.push_back(file_event_of(row));
    return found;
}

void PostgresEventStore::add(const FileEvent& event) {
    database_.write([&](Transaction& transaction) { insert_events(transaction, event.monitor, {event}); });
}

std::optional<FileEvent> PostgresEventStore::find(std::string_view id) {
    const auto rows = database_.read(kSelectEvent + "WHERE e.id = $1", {id});
    if (rows.empty()) return std::nullopt;
    return file_event_of(rows[0]);
}

std::uint64_t PostgresEventStore::newest() {
    return static_cast<std::uint64_t>(
        database_.read("SELECT coalesce(max(sequence), 0) FROM monitor_event")[0].number(0));
}

void PostgresEventStore::subscribe(std::string_view consumer, std::string_view monitor) {
    database_.write([&](Transaction& transaction) {
        transaction.run(
            "INSERT INTO monitor_consumer (name, monitor, position) SELECT $1, $2, coalesce(max(sequence), 0) FROM "
            "monitor_event ON CONFLICT DO NOTHING",
            {consumer, monitor});
    });
}

void PostgresEventStore::unsubscribe(std::string_view consumer) {
    database_.write([&](Transaction& transaction) {
        transaction.run("DELETE FROM monitor_consumer WHERE name = $1", {consumer});
        transaction.run("DELETE FROM monitor_dead_letter WHERE consumer = $1", {consumer});
    });
}

std::optional<Consumer> PostgresEventStore::consumer(std::string_view name) {
    const auto rows = database_.read(kSelectConsumer + "WHERE name = $1", {name});
    if (rows.empty()) return std::nullopt;
    return consumer_of(rows[0]);
}

std::vector<Consumer> PostgresEventStore::consumers() {
    std::vector<Consumer> found;
    const auto rows = database_.read(kSelectConsumer + "ORDER BY name");
    for (const auto row : rows)
        found.push_back(consumer_of(row));
    return found;
}

std::vector<Consumer> PostgresEventStore::consumers_of(std::string_view monitor) {
    std::vector<Consumer> found;
    const auto rows = database_.read(kSelectConsumer + "WHERE monitor = $1 ORDER BY name", {monitor});
    for (const auto row : rows)
        found.push_back(consumer_of(row));
    return found;
}

std::vector<Consumer> PostgresEventStore::due(std::string_view prefix, std::string_view owner, Time now,
                                              std::size_t limit) {
    std::vector<Consumer> found;
    const auto rows = database_.read(
        kSelectConsumer +
            "c WHERE starts_with(name, $1) AND (not_before <= $2 OR not_before > $5) AND (owner = '' OR owner = $3 OR "
            "owned_until <= $2 OR owned_until > $5) AND "
            "(EXISTS (SELECT 1 FROM monitor_event e WHERE e.monitor = c.monitor AND e.sequence > c.position) OR "
            "(c.monitor = '' AND EXISTS (SELECT 1 FROM monitor_event e WHERE e.sequence > c.position)) OR EXISTS (SELECT "
            "1 FROM monitor_dead_letter d WHERE d.consumer = c.name AND d.replay)) ORDER BY name LIMIT $4",
        {prefix, to_number(now), owner, limit, to_number(latest_wait(now))});
    for (const auto row : rows)
        found.push_back(consumer_of(row));
    return found;
}

bool PostgresEventStore::claim(std::string_view consumer, std::string_view owner, Time now, Time until) {
    return database_.write([&](Transaction& transaction) {
        return transaction
                   .run("UPDATE monitor_consumer SET owner = $1, owned_until = $2 WHERE name = $3 AND (owner = '' "
                        "OR owner = $1 OR owned_until <= $4 OR owned_until > $5)",
                        {owner, to_number(until), consumer, to_number(now), to_number(latest_wait(now))})
                   .changed() > 0;
    });
}

std::vector<FileEvent> PostgresEventStore::pending(std::string_view consumer, std::size_t limit) {
    const auto found = this->consumer(consumer);
    if (!found) return {};
    return list(found->monitor, found->position, limit);
}

void PostgresEventStore::advance(std::string_view consumer, std::uint64_t up_to) {
    database_.write([&](Transaction& transaction) {
        transaction.run(
            "UPDATE monitor_consumer SET position = $1, attempts = 0, not_before = 0, problem = '' WHERE name = $2 "
            "AND position < $1",
            {signed_of(up_to), consumer});
    });
}

void PostgresEventStore::postpone(std::string_view consumer, std::uint64_t attempts, Time not_before,
                                  std::string_view problem) {
    database_.write([&](Transaction& transaction) {
        transaction.run(
            "UPDATE monitor_consumer SET attempts = $1, not_before = $2, problem = $3 WHERE name = $4",
            {signed_of(attempts), to_number(not_before), problem, consumer});
    });
}

void PostgresEventStore::give_up(std::string_view consumer, const FileEvent& event, std::uint64_t attempts,
                                 std::string_view problem, Time at) {
    database_.write([&](Transaction& transaction) {
        transaction.run(
            "INSERT INTO monitor_dead_letter (consumer, sequence, attempts, problem, at) VALUES ($1, $2, $3, $4, $5) "
            "ON CONFLICT (consumer, sequence) DO UPDATE SET attempts = excluded.attempts, problem = "
            "excluded.problem, at = excluded.at, replay = false",
            {consumer, signed_of(event.sequence), signed_of(attempts), problem, to_number(at)});
        transaction.run(
            "UPDATE monitor_consumer SET position = $1, attempts = 0, not_before = 0, problem = '' WHERE name = $2 "
            "AND position < $1",
            {signed_of(event.sequence), consumer});
    });
}

std::vector<DeadLetter> PostgresEventStore::dead_letters(std::string_view monitor, std::uint64_t after,
                                                         std::size_t limit) {
    return letters_of(database_.read(kSelectLetter + "WHERE d.sequence > $1 AND ($2 = '' OR e.monitor = $2) ORDER BY "
                                               "d.sequence, d.consumer LIMIT $3",
                                     {signed_of(after), monitor, limit}));
}

std::vector<DeadLetter> PostgresEventStore::replays(std::string_view consumer, std::size_t limit) {
    return letters_of(database_.read(kSelectLetter + "WHERE d.consumer = $1 AND d.replay ORDER BY d.sequence LIMIT $2",
                                     {consumer, limit}));
}

std::int64_t PostgresEventStore::replay(std::string_view consumer, std::string_view event) {
    return database_.write([&](Transaction& transaction) {
        return transaction
            .run("UPDATE monitor_dead_letter SET replay = true WHERE " + std::string(kThatLetter), {consumer, event})
            .changed();
    });
}

std::int64_t PostgresEventStore::drop(std::string_view consumer, std::string_view event) {
    return database_.write([&](Transaction& transaction) {
        return transaction
            .run("DELETE FROM monitor_dead_letter WHERE " + std::string(kThatLetter), {consumer, event})
            .changed();
    });
}

std::int64_t PostgresEventStore::forget(std::string_view monitor, Time before, std::size_t limit) {
    return database_.write([&](Transaction& transaction) {
        return transaction
            .run("DELETE FROM monitor_event WHERE sequence IN (SELECT sequence FROM monitor_event e WHERE e.at < $1 AND ($2 = '' OR e.monitor = $2) AND NOT EXISTS (SELECT "
                 "1 FROM monitor_consumer c WHERE c.monitor IN ('', e.monitor) AND c.position < e.sequence) AND NOT "
                 "EXISTS (SELECT 1 FROM monitor_dead_letter d WHERE d.sequence = e.sequence) LIMIT $3)",
                 {to_number(before), monitor, limit})
            .changed();
    });
}

void PostgresEventStore::remove(std::string_view monitor) {
    database_.write([&](Transaction& transaction) {
        transaction.run(
            "DELETE FROM monitor_dead_letter WHERE sequence IN (SELECT sequence FROM monitor_event WHERE monitor = "
            "$1)",
            {monitor});
        for (const auto* table : {"monitor_event", "monitor_consumer"})
            transaction.run(std::string("DELETE FROM ") + table + " WHERE monitor = $1", {monitor});
    });
}

}  // namespace fairlead::store::postgres

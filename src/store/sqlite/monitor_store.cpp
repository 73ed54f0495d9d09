#include "store/sqlite/monitor_store.hpp"

#include "store/clock.hpp"
#include "store/monitor_text.hpp"
#include "store/resource_text.hpp"
#include "store/sqlite/monitor_rows.hpp"

namespace fairlead::store::sqlite {
namespace {

using catalog::FileState;

const std::string kSelect = kSelectState + "WHERE monitor = ? ";

std::vector<FileState> states_of(Statement& rows) {
    std::vector<FileState> found;
    while (rows.step())
        found.push_back(state_of(rows));
    return found;
}

}  // namespace

void SqliteMonitorStore::require_right(std::string_view monitor, std::uint64_t look) {
    auto row = database_.prepare("SELECT begun FROM monitor_look WHERE monitor = ?");
    row.bind(monitor);
    if (!row.step() || row.number(0) != signed_of(look)) throw look_was_overtaken(monitor);
}

std::optional<std::uint64_t> SqliteMonitorStore::begin_look(std::string_view monitor, const LookStart& start) {
    Transaction transaction(database_);
    database_.prepare("INSERT INTO monitor_look (monitor) VALUES (?) ON CONFLICT DO NOTHING").bind(monitor).run();
    auto row = database_.prepare(
        "UPDATE monitor_look SET begun = begun + 1, owner = ?1, owned_until = ?2 WHERE monitor = ?3 AND "
        "(?1 = '' OR owner = '' OR owner = ?1 OR owned_until <= ?4 OR owned_until > ?6) AND next_at <= ?5 "
        "RETURNING begun");
    row.bind(start.owner).bind(to_number(start.until)).bind(monitor).bind(to_number(start.now));
    row.bind(start.due_by ? to_number(*start.due_by) : INT64_MAX).bind(to_number(latest_wait(start.now)));
    std::optional<std::uint64_t> look;
    while (row.step())
        look = static_cast<std::uint64_t>(row.number(0));
    transaction.commit();
    return look;
}

bool SqliteMonitorStore::renew_look(std::string_view monitor, std::uint64_t look, Time until) {
    database_.prepare("UPDATE monitor_look SET owned_until = ? WHERE monitor = ? AND begun = ?")
        .bind(to_number(until))
        .bind(monitor)
        .bind(signed_of(look))
        .run();
    return database_.changes() > 0;
}

void SqliteMonitorStore::end_look(std::string_view monitor, std::uint64_t look, const LookEnd& end) {
    auto row = database_.prepare(
        "UPDATE monitor_look SET ended = CASE WHEN ?1 THEN ?2 ELSE ended END, "
        "ended_at = CASE WHEN ?1 THEN ?3 ELSE ended_at END, failures = CASE WHEN ?1 THEN 0 ELSE failures + 1 "
        "END, last_at = ?3, next_at = ?4, last_seen = ?5, last_waiting = ?6, last_missing = ?7, problem = ?8, "
        "owner = '', owned_until = 0 WHERE monitor = ?9 AND begun = ?2");
    row.bind(std::int64_t{end.complete}).bind(signed_of(look)).bind(to_number(end.at)).bind(to_number(end.next));
    row.bind(signed_of(end.seen)).bind(signed_of(end.waiting)).bind(std::int64_t{end.missing}).bind(end.problem);
    row.bind(monitor).run();
    if (database_.changes() == 0) throw look_was_overtaken(monitor);
}

bool SqliteMonitorStore::has_baseline(std::string_view monitor) {
    auto row = database_.prepare("SELECT 1 FROM monitor_look WHERE monitor = ? AND ended > 0");
    row.bind(monitor);
    return row.step();
}

std::optional<MonitorStatus> SqliteMonitorStore::status(std::string_view monitor) {
    auto row = database_.prepare(kSelectStatus + "WHERE monitor = ?");
    row.bind(monitor);
    if (!row.step()) return std::nullopt;
    return status_of(row);
}

std::vector<MonitorStatus> SqliteMonitorStore::statuses(std::string_view after, std::size_t limit) {
    auto rows = database_.prepare(kSelectStatus + "WHERE monitor > ? ORDER BY monitor LIMIT ?");
    rows.bind(after).bind(signed_of(limit));
    std::vector<MonitorStatus> found;
    while (rows.step())
        found.push_back(status_of(rows));
    return found;
}

std::vector<FileState> SqliteMonitorStore::find(std::string_view monitor,
                                                std::span<const std::string> paths) {
    std::vector<FileState> found;
    auto row = database_.prepare(kSelect + "AND path = ?");
    for (const auto& path : paths) {
        row.again().bind(monitor).bind_blob(path);
        if (row.step()) found.push_back(state_of(row));
    }
    return found;
}

std::vector<FileState> SqliteMonitorStore::files(std::string_view monitor, std::string_view after,
                                                 std::size_t limit) {
    auto rows = database_.prepare(kSelect + "AND path > ? ORDER BY path LIMIT ?");
    rows.bind(monitor).bind_blob(after).bind(signed_of(limit));
    return states_of(rows);
}

std::uint64_t SqliteMonitorStore::count_files(std::string_view monitor) {
    auto row = database_.prepare("SELECT count(*) FROM monitor_file WHERE monitor = ?");
    row.bind(monitor).step();
    return static_cast<std::uint64_t>(row.number(0));
}

std::vector<FileState> SqliteMonitorStore::unrecorded(std::string_view monitor, std::uint64_t look,
                                                  std::string_view after, std::size_t limit) {
    auto rows = database_.prepare(kSelect + "AND look < ? AND path > ? ORDER BY path LIMIT ?");
    rows.bind(monitor).bind(signed_of(look)).bind_blob(after).bind(signed_of(limit));
    return states_of(rows);
}

std::vector<FileState> SqliteMonitorStore::waiting(std::string_view monitor, std::uint64_t look,
                                                   std::string_view after, std::size_t limit) {
    auto rows = database_.prepare(kSelect +
                                  "AND waiting IS NOT NULL AND look = ? AND path > ? ORDER BY path LIMIT ?");
    rows.bind(monitor).bind(signed_of(look)).bind_blob(after).bind(signed_of(limit));
    return states_of(rows);
}

std::vector<FileState> SqliteMonitorStore::came(std::string_view monitor, std::uint64_t look,
                                                std::uint64_t size, std::size_t limit) {
    auto rows = database_.prepare(kSelect +
                                  "AND waiting = 'created' AND size = ? AND look = ? AND unchanged_looks = 0 "
                                  "AND told = 0 ORDER BY path LIMIT ?");
    rows.bind(monitor).bind(signed_of(size)).bind(signed_of(look)).bind(signed_of(limit));
    return states_of(rows);
}

void SqliteMonitorStore::save(std::string_view monitor, std::uint64_t look, const Changes& changes) {
    Transaction transaction(database_);
    require_right(monitor, look);
    auto forget = database_.prepare("DELETE FROM monitor_file WHERE monitor = ? AND path = ?");
    for (const auto& path : changes.forgotten)
        forget.again().bind(monitor).bind_blob(path).run();
    auto row = database_.prepare("INSERT OR REPLACE INTO monitor_file (monitor, path, " + kFacts +
                                 ", told, waiting, unchanged_since, unchanged_looks, look) VALUES "
                                 "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    for (const auto& state : changes.states) {
        row.again().bind(monitor).bind_blob(state.path);
        bind_facts(row, state.facts);
        row.bind(signed_of(state.told));
        if (state.waiting)
            row.bind(to_string(*state.waiting));
        else
            row.bind_null();
        row.bind(to_number(state.unchanged_since))
            .bind(signed_of(state.unchanged_looks))
            .bind(signed_of(state.look));
        row.run();
    }
    for (const auto& event : changes.events)
        insert_event(database_, monitor, event);
    transaction.commit();
}

void SqliteMonitorStore::reset(std::string_view monitor) {
    Transaction transaction(database_);
    database_.prepare("DELETE FROM monitor_file WHERE monitor = ?").bind(monitor).run();
    // The numbers of looks go on, so that no event ever has the id of another; a look under way is overtaken.
    database_
        .prepare("UPDATE monitor_look SET begun = begun + 1, ended = 0, ended_at = 0, next_at = 0, failures = 0, "
                 "problem = '', owner = '', owned_until = 0 WHERE monitor = ?")
        .bind(monitor)
        .run();
    transaction.commit();
}

void SqliteMonitorStore::remove(std::string_view monitor) {
    Transaction transaction(database_);
    database_
        .prepare("DELETE FROM monitor_dead_letter WHERE sequence IN (SELECT sequence FROM monitor_event WHERE "
                 "monitor = ?)")
        .bind(monitor)
        .run();
    for (const auto* table : {"monitor_file", "monitor_event", "monitor_consumer", "monitor_look"})
        database_.prepare(std::string("DELETE FROM ") + table + " WHERE monitor = ?").bind(monitor).run();
    transaction.commit();
}

}  // namespace fairlead::store::sqlite

#include "store/postgres/monitor_store.hpp"

#include "store/clock.hpp"
#include "store/monitor_text.hpp"
#include "store/postgres/monitor_rows.hpp"
#include "store/resource_text.hpp"

namespace fairlead::store::postgres {
namespace {

using catalog::FileState;

const std::string kSelect = kSelectState + "WHERE monitor = $1 ";

std::vector<FileState> states_of(const Rows& rows) {
    std::vector<FileState> found;
    for (const auto row : rows)
        found.push_back(state_of(row));
    return found;
}

}  // namespace

void PostgresMonitorStore::require_right(Transaction& transaction, std::string_view monitor, std::uint64_t look) {
    // Locked, so that nobody begins another look before this is committed.
    const auto rows =
        transaction.run("SELECT begun FROM monitor_look WHERE monitor = $1 FOR UPDATE", {monitor});
    if (rows.empty() || rows[0].number(0) != signed_of(look)) throw look_was_overtaken(monitor);
}

std::optional<std::uint64_t> PostgresMonitorStore::begin_look(std::string_view monitor, const LookStart& start) {
    return database_.write([&](Transaction& transaction) -> std::optional<std::uint64_t> {
        transaction.run("INSERT INTO monitor_look (monitor) VALUES ($1) ON CONFLICT DO NOTHING", {monitor});
        const auto rows = transaction.run(
            "UPDATE monitor_look SET begun = begun + 1, owner = $1, owned_until = $2 WHERE monitor = $3 AND "
            "($1 = '' OR owner = '' OR owner = $1 OR owned_until <= $4 OR owned_until > $6) AND next_at <= $5 "
            "RETURNING begun",
            {start.owner, to_number(start.until), monitor, to_number(start.now),
             start.due_by ? to_number(*start.due_by) : INT64_MAX, to_number(latest_wait(start.now))});
        if (rows.empty()) return std::nullopt;
        return static_cast<std::uint64_t>(rows[0].number(0));
    });
}

bool PostgresMonitorStore::renew_look(std::string_view monitor, std::uint64_t look, Time until) {
    return database_.write([&](Transaction& transaction) {
        return transaction
                   .run("UPDATE monitor_look SET owned_until = $1 WHERE monitor = $2 AND begun = $3",
                        {to_number(until), monitor, signed_of(look)})
                   .changed() > 0;
    });
}

void PostgresMonitorStore::end_look(std::string_view monitor, std::uint64_t look, const LookEnd& end) {
    database_.write([&](Transaction& transaction) {
        const auto changed =
            transaction
                .run("UPDATE monitor_look SET ended = CASE WHEN $1::boolean THEN $2 ELSE ended END, ended_at = CASE "
                     "WHEN $1 THEN $3 ELSE ended_at END, failures = CASE WHEN $1 THEN 0 ELSE failures + 1 END, "
                     "last_at = $3, next_at = $4, last_seen = $5, last_waiting = $6, last_missing = $7, problem = "
                     "$8, owner = '', owned_until = 0 WHERE monitor = $9 AND begun = $2",
                     {end.complete, signed_of(look), to_number(end.at), to_number(end.next), signed_of(end.seen),
                      signed_of(end.waiting), end.missing, end.problem, monitor})
                .changed();
        if (changed == 0) throw look_was_overtaken(monitor);
    });
}

bool PostgresMonitorStore::has_baseline(std::string_view monitor) {
    return !database_.read("SELECT 1 FROM monitor_look WHERE monitor = $1 AND ended > 0", {monitor}).empty();
}

std::optional<MonitorStatus> PostgresMonitorStore::status(std::string_view monitor) {
    const auto rows = database_.read(kSelectStatus + "WHERE monitor = $1", {monitor});
    if (rows.empty()) return std::nullopt;
    return status_of(rows[0]);
}

std::vector<MonitorStatus> PostgresMonitorStore::statuses(std::string_view after, std::size_t limit) {
    std::vector<MonitorStatus> found;
    const auto rows = database_.read(kSelectStatus + "WHERE monitor > $1 ORDER BY monitor LIMIT $2", {after, limit});
    for (const auto row : rows)
        found.push_back(status_of(row));
    return found;
}

std::vector<FileState> PostgresMonitorStore::find(std::string_view monitor,
                                                  std::span<const std::string> paths) {
    std::vector<std::string> hexadecimal;
    for (const auto& path : paths)
        hexadecimal.push_back(hex_of(path));
    return states_of(database_.read(
        kSelect + "AND path = ANY (ARRAY(SELECT decode(p, 'hex') FROM unnest($2::text[]) p))",
        {monitor, Value::list(hexadecimal)}));
}

std::vector<FileState> PostgresMonitorStore::files(std::string_view monitor, std::string_view after,
                                                   std::size_t limit) {
    return states_of(database_.read(kSelect + "AND path > $2 ORDER BY path LIMIT $3",
                                    {monitor, Value::bytes(after), limit}));
}

std::uint64_t PostgresMonitorStore::count_files(std::string_view monitor) {
    return static_cast<std::uint64_t>(
        database_.read("SELECT count(*) FROM monitor_file WHERE monitor = $1", {monitor})[0].number(0));
}

std::vector<FileState> PostgresMonitorStore::unrecorded(std::string_view monitor, std::uint64_t look,
                                                    std::string_view after, std::size_t limit) {
    return states_of(database_.read(kSelect + "AND look < $2 AND path > $3 ORDER BY path LIMIT $4",
                                    {monitor, signed_of(look), Value::bytes(after), limit}));
}

std::vector<FileState> PostgresMonitorStore::waiting(std::string_view monitor, std::uint64_t look,
                                                     std::string_view after, std::size_t limit) {
    return states_of(
        database_.read(kSelect + "AND waiting IS NOT NULL AND look = $2 AND path > $3 ORDER BY path LIMIT $4",
                       {monitor, signed_of(look), Value::bytes(after), limit}));
}

std::vector<FileState> PostgresMonitorStore::came(std::string_view monitor, std::uint64_t look,
                                                  std::uint64_t size, std::size_t limit) {
    return states_of(database_.read(kSelect +
                                        "AND waiting = 'created' AND size = $2 AND look = $3 AND "
                                        "unchanged_looks = 0 AND told = 0 ORDER BY path LIMIT $4",
                                    {monitor, signed_of(size), signed_of(look), limit}));
}

void PostgresMonitorStore::save(std::string_view monitor, std::uint64_t look, const Changes& changes) {
    database_.write([&](Transaction& transaction) {
        require_right(transaction, monitor, look);
        if (!changes.forgotten.empty()) {
            std::vector<std::string> hexadecimal;
            for (const auto& path : changes.forgotten)
                hexadecimal.push_back(hex_of(path));
            transaction.run(
                "DELETE FROM monitor_file WHERE monitor = $1 AND path = ANY (ARRAY(SELECT decode(p, 'hex') FROM "
                "unnest($2::text[]) p))",
                {monitor, Value::list(hexadecimal)});
        }
        if (!changes.states.empty())
            transaction.run(
                "INSERT INTO monitor_file (monitor, path, " + kFacts +
                    ", told, waiting, unchanged_since, unchanged_looks, look) SELECT monitor, decode(path, 'hex'), "
                    "type, size, modified, r.precision, mode, told, waiting, unchanged_since, unchanged_looks, look "
                    "FROM json_to_recordset($1::json) AS r (monitor text, path text, type text, size bigint, "
                    "modified bigint, \"precision\" text, mode bigint, told bigint, waiting text, unchanged_since "
                    "bigint, unchanged_looks bigint, look bigint) ON CONFLICT (monitor, path) DO UPDATE SET type = "
                    "excluded.type, size = excluded.size, modified = excluded.modified, precision = "
                    "excluded.precision, mode = excluded.mode, told = excluded.told, waiting = excluded.waiting, "
                    "unchanged_since = excluded.unchanged_since, unchanged_looks = excluded.unchanged_looks, look = "
                    "excluded.look",
                {rows_of(monitor, changes.states)});
        if (!changes.events.empty()) insert_events(transaction, monitor, changes.events);
    });
}

void PostgresMonitorStore::reset(std::string_view monitor) {
    database_.write([&](Transaction& transaction) {
        // The numbers of looks go on, so that no event ever has the id of another; a look under way is
        // overtaken.
        transaction.run(
            "UPDATE monitor_look SET begun = begun + 1, ended = 0, ended_at = 0, next_at = 0, failures = 0, problem "
            "= '', owner = '', owned_until = 0 WHERE monitor = $1",
            {monitor});
        transaction.run("DELETE FROM monitor_file WHERE monitor = $1", {monitor});
    });
}

void PostgresMonitorStore::remove(std::string_view monitor) {
    database_.write([&](Transaction& transaction) {
        transaction.run("DELETE FROM monitor_look WHERE monitor = $1", {monitor});
        transaction.run(
            "DELETE FROM monitor_dead_letter WHERE sequence IN (SELECT sequence FROM monitor_event WHERE monitor = "
            "$1)",
            {monitor});
        for (const auto* table : {"monitor_file", "monitor_event", "monitor_consumer"})
            transaction.run(std::string("DELETE FROM ") + table + " WHERE monitor = $1", {monitor});
    });
}

}  // namespace fairlead::store::postgres

// Which run is next, and taking it.

#include <array>
#include <limits>

#include "store/postgres/run_change.hpp"
#include "store/postgres/run_store.hpp"
#include "store/run_rows.hpp"

namespace fairlead::store::postgres {
namespace {

using catalog::Run;
using catalog::RunState;

// From lane to lane by the index run_queue, never along one: the queue may be long, its lanes are few. Of each lane
// the first that are due: the first alone, unless others are taking it at this moment.
constexpr const char* kNext =
    "WITH RECURSIVE lane (project, connection, node, kind) AS ("
    "  (SELECT project, connection, node, kind FROM run"
    "    WHERE state = 'queued' AND paused = FALSE AND priority = $1::bigint"
    "    ORDER BY project, connection, node, kind LIMIT 1)"
    "  UNION ALL"
    "  SELECT n.* FROM lane l CROSS JOIN LATERAL (SELECT r.project, r.connection, r.node, r.kind FROM run r"
    "    WHERE r.state = 'queued' AND r.paused = FALSE AND r.priority = $1::bigint AND"
    "    (r.project, r.connection, r.node, r.kind) > (l.project, l.connection, l.node, l.kind)"
    "    ORDER BY r.project, r.connection, r.node, r.kind LIMIT 1) n"
    "), busy AS (SELECT project, connection, count(*) AS running FROM run WHERE state = 'running'"
    "    GROUP BY project, connection) "
    "SELECT h.id FROM lane CROSS JOIN LATERAL (SELECT r.id, r.due_at FROM run r"
    "    WHERE r.state = 'queued' AND r.paused = FALSE AND r.priority = $1::bigint AND r.project = lane.project AND"
    "    r.connection = lane.connection AND r.node = lane.node AND r.kind = lane.kind AND r.due_at <= $2::bigint"
    "    ORDER BY r.due_at, r.id LIMIT $5::bigint) h "
    "WHERE lane.node IN ('', $3::text) AND (cardinality($4::text[]) = 0 OR lane.kind = ANY ($4::text[])) "
    "ORDER BY coalesce((SELECT sum(running) FROM busy b WHERE b.project = lane.project), 0), "
    "  coalesce((SELECT taken_at FROM run_turn t WHERE t.project = lane.project AND t.connection = '*'), 0), "
    "  coalesce((SELECT running FROM busy b WHERE b.project = lane.project AND b.connection = lane.connection), 0), "
    "  coalesce((SELECT taken_at FROM run_turn t WHERE t.project = lane.project AND t.connection = lane.connection), 0), "
    "  h.due_at, h.id LIMIT $5::bigint";

Run take(Transaction& transaction, const Run& run, std::string_view owner, Time now, Time until) {
    transaction.run(
        "UPDATE run SET state = 'running', attempt = attempt + 1, lease_owner = $2, lease_until = $3, "
        "fence = fence + 1, started_at = coalesce(started_at, $4) WHERE id = $1",
        {run.id, owner, to_number(until), to_number(now)});
    transaction.run(
        "INSERT INTO run_turn (project, connection, taken_at) VALUES ($1, '*', $3), ($1, $2, $3) "
        "ON CONFLICT (project, connection) DO UPDATE SET taken_at = excluded.taken_at",
        {run.project, run.connection, to_number(now)});
    auto taken = present(transaction, run.id);
    write_event(transaction, run.id, "run.started", {{"attempt", taken.attempt}}, now);
    return taken;
}

/// One of these that nobody else is taking at this moment, the first that can be had.
std::optional<Run> first_free(Transaction& transaction, const std::vector<std::string>& ids) {
    const auto rows = transaction.run(std::string(kRunColumns) +
                                          "WHERE id = ANY ($1::text[]) AND state = 'queued' AND paused = FALSE "
                                          "ORDER BY array_position($1::text[], id) LIMIT 1 FOR UPDATE SKIP LOCKED",
                                      {Value::list(ids)});
    if (rows.empty()) return std::nullopt;
    return run_of(rows[0]);
}

/// Of this priority. Nothing when there is none that whoever claims can take.
std::optional<Run> next_of(Transaction& transaction, const Claim& claim, std::int64_t priority) {
    for (const auto most : std::array<std::int64_t, 2>{1, 64}) {
        const auto rows = transaction.run(
            kNext, {priority, to_number(claim.now), claim.node, Value::list(claim.kinds), most});
        std::vector<std::string> ids;
        for (const auto row : rows)
            ids.emplace_back(row.text(0));
        if (ids.empty()) return std::nullopt;
        if (auto run = first_free(transaction, ids)) return run;
    }
    return std::nullopt;
}

}  // namespace

std::optional<Run> PostgresRunStore::claim(const Claim& claim) {
    constexpr const char* kUrgent =
        "SELECT priority FROM run WHERE state = 'queued' AND paused = FALSE AND priority <= $1 "
        "ORDER BY priority DESC LIMIT 1";
    auto below = std::numeric_limits<std::int64_t>::max();
    // Whoever is idle asks often: without a transaction that writes, as long as there is nothing.
    if (database_.read(kUrgent, {below}).empty()) return std::nullopt;
    return database_.write([&](Transaction& transaction) -> std::optional<Run> {
        for (auto most = below;;) {
            const auto rows = transaction.run(kUrgent, {most});
            if (rows.empty()) return std::nullopt;
            const auto priority = rows[0].number(0);
            if (const auto run = next_of(transaction, claim, priority))
                return take(transaction, *run, claim.owner, claim.now, claim.until);
            if (priority == std::numeric_limits<std::int64_t>::min()) return std::nullopt;
            most = priority - 1;
        }
    });
}

std::optional<Run> PostgresRunStore::claim(std::string_view id, std::string_view owner, Time now, Time until) {
    return database_.write([&](Transaction& transaction) -> std::optional<Run> {
        const auto there = locked(transaction, id);
        if (!there || there->state != RunState::queued) return std::nullopt;
        return take(transaction, *there, owner, now, until);
    });
}

}  // namespace fairlead::store::postgres

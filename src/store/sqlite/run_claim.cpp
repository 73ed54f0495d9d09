// Which run is next, and taking it.

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <limits>

#include "store/run_rows.hpp"
#include "store/sqlite/run_store.hpp"

namespace fairlead::store::sqlite {

using catalog::Run;
using catalog::RunState;

namespace {

// From lane to lane by the index run_queue, never along one: the queue may be long, its lanes are few. Of each lane
// the first that is due.
constexpr const char* kNext =
    "WITH RECURSIVE lane (project, connection, node, kind) AS ("
    "  SELECT * FROM (SELECT project, connection, node, kind FROM run INDEXED BY run_queue"
    "    WHERE state = 'queued' AND paused = FALSE AND priority = ?1"
    "    ORDER BY project, connection, node, kind LIMIT 1)"
    "  UNION ALL"
    "  SELECT n.project, n.connection, n.node, n.kind FROM lane l JOIN run n ON n.rowid = (SELECT rowid FROM run r"
    "    INDEXED BY run_queue WHERE state = 'queued' AND paused = FALSE AND priority = ?1 AND"
    "    (r.project, r.connection, r.node, r.kind) > (l.project, l.connection, l.node, l.kind)"
    "    ORDER BY r.project, r.connection, r.node, r.kind LIMIT 1)"
    ") "
    "SELECT h.id FROM lane JOIN run h ON h.rowid = (SELECT rowid FROM run r INDEXED BY run_queue"
    "    WHERE state = 'queued' AND paused = FALSE AND r.priority = ?1 AND r.project = lane.project AND"
    "    r.connection = lane.connection AND r.node = lane.node AND r.kind = lane.kind AND r.due_at <= ?2"
    "    ORDER BY r.due_at, r.id LIMIT 1) "
    "WHERE lane.node IN ('', ?3) AND (?4 = '[]' OR lane.kind IN (SELECT value FROM json_each(?4))) "
    "ORDER BY (SELECT count(*) FROM run o WHERE o.state = 'running' AND o.project = lane.project), "
    "  coalesce((SELECT taken_at FROM run_turn t WHERE t.project = lane.project AND t.connection = '*'), 0), "
    "  (SELECT count(*) FROM run o WHERE o.state = 'running' AND o.project = lane.project AND"
    "    o.connection = lane.connection), "
    "  coalesce((SELECT taken_at FROM run_turn t WHERE t.project = lane.project AND t.connection = lane.connection), 0), "
    "  h.due_at, h.id LIMIT 1";

}  // namespace

/// The id of the next run of this priority that whoever claims can take; empty: none.
std::string SqliteRunStore::next_of(const Claim& claim, std::int64_t priority) {
    boost::json::array kinds(claim.kinds.begin(), claim.kinds.end());
    auto rows = database_.prepare(kNext);
    rows.bind(priority).bind(to_number(claim.now)).bind(claim.node).bind(boost::json::serialize(kinds));
    return rows.step() ? std::string(rows.text(0)) : std::string();
}

std::optional<Run> SqliteRunStore::claim(const Claim& claim) {
    // Without the lock for writing, as long as there is nothing: whoever is idle asks often.
    const auto next = [&] {
        for (auto below = std::numeric_limits<std::int64_t>::max();;) {
            auto rows = database_.prepare(
                "SELECT priority FROM run INDEXED BY run_queue WHERE state = 'queued' AND paused = FALSE AND "
                "priority <= ? ORDER BY priority DESC LIMIT 1");
            rows.bind(below);
            if (!rows.step()) return std::string();
            const auto priority = rows.number(0);
            if (auto id = next_of(claim, priority); !id.empty()) return id;
            if (priority == std::numeric_limits<std::int64_t>::min()) return std::string();
            below = priority - 1;
        }
    };
    while (!next().empty()) {
        Transaction transaction(database_);
        const auto id = next();  // somebody else may have been faster
        if (id.empty()) continue;
        auto run = take(present(id), claim.owner, claim.now, claim.until);
        transaction.commit();
        return run;
    }
    return std::nullopt;
}

std::optional<Run> SqliteRunStore::claim(std::string_view id, std::string_view owner, Time now, Time until) {
    Transaction transaction(database_);
    const auto there = find(id);
    if (!there || there->state != RunState::queued) return std::nullopt;
    auto run = take(*there, owner, now, until);
    transaction.commit();
    return run;
}

/// Inside the caller's transaction.
Run SqliteRunStore::take(const Run& run, std::string_view owner, Time now, Time until) {
    database_
        .prepare("UPDATE run SET state = 'running', attempt = attempt + 1, lease_owner = ?, lease_until = ?, "
                 "fence = fence + 1, started_at = coalesce(started_at, ?) WHERE id = ?")
        .bind(owner)
        .bind(to_number(until))
        .bind(to_number(now))
        .bind(run.id)
        .run();
    for (const auto& whose : {std::string("*"), run.connection})
        database_
            .prepare("INSERT INTO run_turn (project, connection, taken_at) VALUES (?, ?, ?) "
                     "ON CONFLICT (project, connection) DO UPDATE SET taken_at = excluded.taken_at")
            .bind(run.project)
            .bind(whose)
            .bind(to_number(now))
            .run();
    auto taken = present(run.id);
    write_event(run.id, "run.started", {{"attempt", taken.attempt}}, now);
    return taken;
}

}  // namespace fairlead::store::sqlite

#include "store/postgres/run_store.hpp"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "base/error_json.hpp"
#include "base/utf8.hpp"
#include "store/postgres/run_rows.hpp"

namespace fairlead::store::postgres {
namespace {

namespace json = boost::json;
using catalog::Run;
using catalog::RunFile;
using catalog::RunState;

// Held from an event until its transaction ends: events become visible in the order of their numbers, so that
// whoever has seen one never misses an earlier one. The number is "events" in ASCII.
constexpr const char* kEventsInOrder = "SELECT pg_advisory_xact_lock(111559182283891)";

/// Names that servers give to files may be any bytes; PostgreSQL takes texts.
std::string text_for(const json::value& document) {
    return to_valid_utf8(json::serialize(document));
}

json::object end_of(const Run& run) {
    json::object data;
    data["state"] = catalog::to_string(run.state);
    data["bytes"] = run.bytes;
    data["files"] = run.files;
    data["succeeded"] = run.succeeded;
    data["failed"] = run.failed;
    data["skipped"] = run.skipped;
    if (run.error) data["error"] = fairlead::to_json(*run.error);
    return data;
}

Error no_such_run(std::string_view id) {
    return Error(ErrorCode::not_found, fmt::format("There is no run '{}'.", id))
        .hinting("runs are forgotten after a while; 'run list' shows those that are there");
}

/// The run, which nobody else changes until the transaction ends.
std::optional<Run> locked(Transaction& transaction, std::string_view id) {
    const auto rows = transaction.run(std::string(kRunColumns) + "WHERE id = $1 FOR UPDATE", {id});
    if (rows.empty()) return std::nullopt;
    return run_of(rows[0]);
}

Run present(Transaction& transaction, std::string_view id) {
    auto run = locked(transaction, id);
    if (!run) throw no_such_run(id);
    return std::move(*run);
}

/// The same, if it still belongs to whoever has this fence.
Run ours(Transaction& transaction, std::string_view id, std::int64_t fence) {
    auto run = present(transaction, id);
    if (run.lease.fence == fence && run.state == RunState::running) return run;
    throw Error(
        ErrorCode::conflict,
        fmt::format("The run '{}' is not ours any more: its lease ran out and it was taken over.", id));
}

void write_event(Transaction& transaction, std::string_view id, std::string_view type,
                 const json::object& data, Time now) {
    transaction.run(kEventsInOrder);
    transaction.run(
        "INSERT INTO run_event (run, project, at, type, data) SELECT id, project, $2::bigint, $3::text, "
        "$4::json "
        "FROM run WHERE id = $1",
        {id, to_number(now), type, text_for(data)});
}

/// Adds a recorded file to the sums of its run, or takes it out.
void add_to_sums(Transaction& transaction, std::string_view id, std::int64_t file, char sign) {
    transaction.run(
        fmt::format(
            "UPDATE run SET bytes = run.bytes {0} f.bytes, files = run.files {0} 1, "
            "succeeded = run.succeeded {0} (f.error = '' AND f.outcome <> 'skipped')::integer, "
            "failed = run.failed {0} (f.error <> '')::integer, "
            "skipped = run.skipped {0} (f.error = '' AND f.outcome = 'skipped')::integer "
            "FROM run_file f WHERE f.run = $1 AND f.number = $2 AND run.id = $1",
            sign),
        {id, file});
}

Run take(Transaction& transaction, std::string_view id, std::string_view owner, Time now, Time until) {
    transaction.run(
        "UPDATE run SET state = 'running', attempt = attempt + 1, lease_owner = $2, lease_until = $3, "
        "fence = fence + 1, started_at = coalesce(started_at, $4) WHERE id = $1",
        {id, owner, to_number(until), to_number(now)});
    auto run = present(transaction, id);
    json::object data;
    data["attempt"] = run.attempt;
    write_event(transaction, id, "run.started", data, now);
    return run;
}

}  // namespace

void PostgresRunStore::insert(const Run& run) {
    database_.write([&](Transaction& transaction) {
        const std::optional<std::int64_t> started =
            run.state == RunState::running ? std::optional(to_number(run.created_at)) : std::nullopt;
        transaction.run(
            "INSERT INTO run (id, project, kind, subject, action, connection, environment, \"trigger\", "
            "state, "
            "priority, attempt, created_at, due_at, started_at, finished_at, bytes, files, succeeded, "
            "failed, "
            "skipped, error, created_by, retry_of, cancel_requested, request, lease_owner, lease_until, "
            "fence, node) "
            "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, NULL, 0, 0, 0, 0, 0, '', "
            "$15, "
            "$16, false, $17, $18, $19, $20, $21)",
            {run.id,
             run.project,
             run.kind,
             run.subject,
             run.action,
             run.connection,
             run.environment,
             run.trigger,
             catalog::to_string(run.state),
             run.priority,
             run.attempt,
             to_number(run.created_at),
             to_number(run.due_at.value_or(run.created_at)),
             started,
             run.by,
             run.retry_of,
             text_for(run.request),
             run.lease.owner,
             to_number(run.lease.until),
             run.lease.fence,
             run.node});
        json::object data;
        data["kind"] = run.kind;
        data["subject"] = run.subject;
        write_event(transaction, run.id, run.state == RunState::running ? "run.started" : "run.queued", data,
                    run.created_at);
    });
}

std::vector<Run> PostgresRunStore::read(const std::string& rest, std::span<const Value> values) {
    std::vector<Run> found;
    const auto rows = database_.read(std::string(kRunColumns) + rest, values);
    for (const auto row : rows)
        found.push_back(run_of(row));
    return found;
}

std::optional<Run> PostgresRunStore::find(std::string_view id) {
    const std::vector<Value> values{id};
    auto found = read("WHERE id = $1", values);
    if (found.empty()) return std::nullopt;
    return std::move(found.front());
}

std::vector<Run> PostgresRunStore::list(const RunQuery& query) {
    std::vector<Value> values;
    std::string sql = "WHERE true";
    // `condition` holds {} where the number of its parameter goes.
    const auto where = [&](std::string_view condition, Value value) {
        values.push_back(std::move(value));
        sql += " AND " + fmt::format(fmt::runtime(condition), values.size());
    };
    std::vector<std::string> states;
    for (const auto state : query.states)
        states.emplace_back(catalog::to_string(state));
    if (!query.projects.empty()) where("project = ANY (${}::text[])", Value::list(query.projects));
    if (!states.empty()) where("state = ANY (${}::text[])", Value::list(states));
    if (!query.kind.empty()) where("kind = ${}", query.kind);
    if (!query.subject.empty()) where("lower(subject) = lower(${})", query.subject);
    if (!query.connection.empty()) where("lower(connection) = lower(${})", query.connection);
    if (query.since) where("created_at >= ${}", to_number(*query.since));
    if (query.until) where("created_at < ${}", to_number(*query.until));
    if (!query.before.empty()) where("id < ${}", query.before);
    if (!query.file.empty())
        where(
            "EXISTS (SELECT 1 FROM run_file f WHERE f.run = run.id AND "
            "strpos(f.source || chr(10) || f.target, ${}) > 0)",
            to_valid_utf8(query.file));
    values.emplace_back(query.limit);
    return read(sql + fmt::format(" ORDER BY id DESC LIMIT ${}", values.size()), values);
}

std::uint64_t PostgresRunStore::count(RunState state) {
    const auto rows =
        database_.read("SELECT count(*) FROM run WHERE state = $1", {catalog::to_string(state)});
    return static_cast<std::uint64_t>(rows[0].number(0));
}

/// Those that others are taking at this moment are passed over, so nobody waits.
std::optional<Run> PostgresRunStore::claim(const Claim& claim) {
    return database_.write([&](Transaction& transaction) -> std::optional<Run> {
        const auto rows = transaction.run(
            "SELECT id FROM run WHERE state = 'queued' AND due_at <= $1 AND node IN ('', $2) AND "
            "(cardinality($3::text[]) = 0 OR kind = ANY ($3::text[])) "
            "ORDER BY priority DESC, "
            "(SELECT count(*) FROM run o WHERE o.state = 'running' AND o.project = run.project), "
            "(SELECT count(*) FROM run o WHERE o.state = 'running' AND o.project = run.project AND "
            "o.connection = run.connection), due_at, id LIMIT 1 FOR UPDATE OF run SKIP LOCKED",
            {to_number(claim.now), claim.node, Value::list(claim.kinds)});
        if (rows.empty()) return std::nullopt;
        return take(transaction, rows[0].text(0), claim.owner, claim.now, claim.until);
    });
}

std::optional<Run> PostgresRunStore::claim(std::string_view id, std::string_view owner, Time now,
                                           Time until) {
    return database_.write([&](Transaction& transaction) -> std::optional<Run> {
        const auto there = locked(transaction, id);
        if (!there || there->state != RunState::queued) return std::nullopt;
        return take(transaction, id, owner, now, until);
    });
}

bool PostgresRunStore::renew(std::string_view id, std::int64_t fence, Time until) {
    return database_.write([&](Transaction& transaction) {
        const auto run = ours(transaction, id, fence);
        transaction.run("UPDATE run SET lease_until = $2 WHERE id = $1", {id, to_number(until)});
        return run.cancel_requested;
    });
}

std::vector<Run> PostgresRunStore::expired(Time now) {
    const std::vector<Value> values{to_number(now)};
    return read("WHERE state = 'running' AND lease_until < $1", values);
}

std::vector<Run> PostgresRunStore::running() {
    return read("WHERE state = 'running' ORDER BY id", {});
}

bool PostgresRunStore::requeue(std::string_view id, std::int64_t fence, Time now, std::string_view reason) {
    return database_.write([&](Transaction& transaction) {
        const auto rows = transaction.run(
            "UPDATE run SET state = 'queued', lease_owner = '', fence = fence + 1 WHERE id = $1 AND fence = "
            "$2 "
            "AND state = 'running'",
            {id, fence});
        if (rows.changed() == 0) return false;
        json::object data;
        data["reason"] = reason;
        write_event(transaction, id, "run.interrupted", data, now);
        return true;
    });
}

void PostgresRunStore::put_file(std::string_view id, std::int64_t fence, const RunFile& file, Time now) {
    database_.write([&](Transaction& transaction) {
        ours(transaction, id, fence);
        add_to_sums(transaction, id, file.number, '-');  // one that a second attempt reports again counts once
        transaction.run(
            "INSERT INTO run_file (run, number, source, target, outcome, bytes, resumed, proof, checksum, "
            "attempts, "
            "error, started_at, finished_at, properties, warnings) "
            "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) "
            "ON CONFLICT (run, number) DO UPDATE SET source = excluded.source, target = excluded.target, "
            "outcome = excluded.outcome, bytes = excluded.bytes, resumed = excluded.resumed, "
            "proof = excluded.proof, checksum = excluded.checksum, attempts = excluded.attempts, "
            "error = excluded.error, started_at = excluded.started_at, finished_at = excluded.finished_at, "
            "properties = excluded.properties, warnings = excluded.warnings",
            {id, file.number, to_valid_utf8(file.source), to_valid_utf8(file.target), file.outcome,
             file.bytes, file.resumed, file.proof, file.checksum, file.attempts,
             to_valid_utf8(text_of(file.error)), to_number(file.started_at.value_or(now)),
             to_number(file.finished_at.value_or(now)), text_for(file.properties),
             text_for(json::array(file.warnings.begin(), file.warnings.end()))});
        add_to_sums(transaction, id, file.number, '+');
        write_event(transaction, id, "run.file", catalog::to_json(file), now);
    });
}

std::vector<RunFile> PostgresRunStore::files(std::string_view id, std::int64_t from, std::size_t limit) {
    std::vector<RunFile> found;
    const auto rows =
        database_.read(std::string(kFileColumns) + "WHERE run = $1 AND number >= $2 ORDER BY number LIMIT $3",
                       {id, from, limit});
    for (const auto row : rows)
        found.push_back(file_of(row));
    return found;
}

void PostgresRunStore::note(std::string_view id, std::int64_t fence, std::string_view type,
                            const json::object& data, Time now) {
    database_.write([&](Transaction& transaction) {
        ours(transaction, id, fence);
        write_event(transaction, id, type, data, now);
    });
}

void PostgresRunStore::finish(std::string_view id, std::int64_t fence, RunState state,
                              const std::optional<Error>& error, Time now) {
    database_.write([&](Transaction& transaction) {
        ours(transaction, id, fence);
        transaction.run(
            "UPDATE run SET state = $2, error = $3, finished_at = $4, lease_owner = '' WHERE id = $1",
            {id, catalog::to_string(state), to_valid_utf8(text_of(error)), to_number(now)});
        write_event(transaction, id, "run.finished", end_of(present(transaction, id)), now);
    });
}

Run PostgresRunStore::request_cancel(std::string_view id, Time now) {
    return database_.write([&](Transaction& transaction) {
        const auto there = present(transaction, id);
        if (catalog::has_ended(there.state))
            throw Error(ErrorCode::conflict, fmt::format("The run '{}' has ended already: it is {}.", id,
                                                         catalog::to_string(there.state)));
        if (there.state == RunState::queued) {
            const Error error(ErrorCode::cancelled, "It was cancelled before it began.");
            transaction.run(
                "UPDATE run SET state = 'cancelled', cancel_requested = true, error = $2, finished_at = $3 "
                "WHERE id = $1",
                {id, json::serialize(fairlead::to_json(error)), to_number(now)});
            write_event(transaction, id, "run.finished", end_of(present(transaction, id)), now);
        } else {
            transaction.run("UPDATE run SET cancel_requested = true WHERE id = $1", {id});
            write_event(transaction, id, "run.cancelling", {}, now);
        }
        return present(transaction, id);
    });
}

std::vector<catalog::RunEvent> PostgresRunStore::events(const EventQuery& query) {
    std::vector<Value> values{query.after};
    std::string sql = "SELECT number, run, project, at, type, data FROM run_event WHERE number > $1";
    if (!query.run.empty()) {
        values.emplace_back(query.run);
        sql += fmt::format(" AND run = ${}", values.size());
    }
    if (!query.projects.empty()) {
        values.push_back(Value::list(query.projects));
        sql += fmt::format(" AND project = ANY (${}::text[])", values.size());
    }
    values.emplace_back(query.limit);
    std::vector<catalog::RunEvent> found;
    const auto rows = database_.read(sql + fmt::format(" ORDER BY number LIMIT ${}", values.size()), values);
    for (const auto row : rows)
        found.push_back(event_of(row));
    return found;
}

std::int64_t PostgresRunStore::newest_event() {
    return database_.read("SELECT coalesce(max(number), 0) FROM run_event")[0].number(0);
}

std::vector<std::string> PostgresRunStore::forget(const Retention& retention, Time now) {
    return database_.write([&](Transaction& transaction) {
        const auto rows = transaction.run(
            "DELETE FROM run WHERE id IN (SELECT id FROM run WHERE finished_at < $1 ORDER BY finished_at "
            "LIMIT $2 "
            "FOR UPDATE SKIP LOCKED) RETURNING id",
            {to_number(now - retention.keep_runs), retention.at_once});
        std::vector<std::string> ids;
        for (const auto row : rows)
            ids.emplace_back(row.text(0));
        return ids;
    });
}

}  // namespace fairlead::store::postgres

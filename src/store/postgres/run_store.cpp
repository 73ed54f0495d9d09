#include "store/postgres/run_store.hpp"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "base/error_json.hpp"
#include "base/utf8.hpp"
#include "store/clock.hpp"
#include "store/file_place.hpp"
#include "store/postgres/run_change.hpp"
#include "store/run_rows.hpp"
#include "store/run_words.hpp"

namespace fairlead::store::postgres {
namespace {

namespace json = boost::json;
using catalog::Run;
using catalog::RunFile;
using catalog::RunState;

constexpr std::size_t kRowsPerRun = 10;  // of files or events that go in one transaction

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

std::uint64_t PostgresRunStore::count(RunState state) {
    const auto rows = database_.read("SELECT count(*) FROM run WHERE " + is_in(state));
    return static_cast<std::uint64_t>(rows[0].number(0));
}

RunWish PostgresRunStore::renew(std::string_view id, std::int64_t fence, Time until) {
    return database_.write([&](Transaction& transaction) {
        const auto run = ours(transaction, id, fence);
        transaction.run("UPDATE run SET lease_until = $2 WHERE id = $1", {id, to_number(until)});
        if (run.cancel_requested) return RunWish::stop;
        return run.pause_requested ? RunWish::pause : RunWish::none;
    });
}

std::vector<Run> PostgresRunStore::expired(Time now) {
    const std::vector<Value> values{to_number(now)};
    return read("WHERE state = 'running' AND lease_until < $1", values);
}

void PostgresRunStore::bring_forward(Time now) {
    database_.write([&](Transaction& transaction) {
        transaction.run("UPDATE run SET due_at = $1 WHERE state = 'queued' AND created_at > $2 AND due_at > $1",
                        {to_number(now), to_number(now + kClocksDiffer)});
    });
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
        const bool paused = present(transaction, id).state == RunState::paused;
        write_event(transaction, id, paused ? "run.paused" : "run.interrupted", {{"reason", reason}}, now);
        return true;
    });
}

void PostgresRunStore::put_file(std::string_view id, std::int64_t fence, const RunFile& file, Time now) {
    database_.write([&](Transaction& transaction) {
        const auto run = ours(transaction, id, fence);
        const auto place = place_of(run.connection, file);
        add_to_sums(transaction, id, file.number, '-');  // one that a second attempt reports again counts once
        transaction.run(
            "INSERT INTO run_file (run, number, source, target, outcome, bytes, resumed, proof, checksum, "
            "attempts, "
            "error, started_at, finished_at, properties, warnings, history, project, connection, "
            "target_connection, name, target_name) "
            "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21) "
            "ON CONFLICT (run, number) DO UPDATE SET source = excluded.source, target = excluded.target, "
            "outcome = excluded.outcome, bytes = excluded.bytes, resumed = excluded.resumed, "
            "proof = excluded.proof, checksum = excluded.checksum, attempts = excluded.attempts, "
            "error = excluded.error, started_at = excluded.started_at, finished_at = excluded.finished_at, "
            "properties = excluded.properties, warnings = excluded.warnings, history = excluded.history, "
            "target_connection = excluded.target_connection, name = excluded.name, "
            "target_name = excluded.target_name",
            {id, file.number, to_valid_utf8(file.source), to_valid_utf8(file.target), file.outcome,
             file.bytes, file.resumed, file.proof, file.checksum, file.attempts,
             to_valid_utf8(text_of(file.error)), to_number(file.started_at.value_or(now)),
             to_number(file.finished_at.value_or(now)), text_for(file.properties),
             text_for(json::array(file.warnings.begin(), file.warnings.end())), text_for(file.history),
             run.project, place.connection, place.target_connection, place.name, place.target_name});
        add_to_sums(transaction, id, file.number, '+');
        write_event(transaction, id, "run.file", file_event(file), now);
    });
}

std::vector<RunFile> PostgresRunStore::files(std::string_view id, std::int64_t from, std::size_t limit) {
    std::vector<RunFile> found;
    const auto rows =
        database_.read(std::string(kFileColumns) + " FROM run_file f WHERE run = $1 AND number >= $2 ORDER BY number LIMIT $3",
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

std::uint64_t PostgresRunStore::add_trace(std::string_view id, std::int64_t fence, std::string_view text) {
    return database_.write([&](Transaction& transaction) {
        ours(transaction, id, fence);
        if (!text.empty())
            transaction.run("INSERT INTO run_trace (run, number, text) "
                            "SELECT $1, coalesce(max(number) + 1, 0), $2 FROM run_trace WHERE run = $1",
                            {id, to_valid_utf8(text)});
        const auto rows =
            transaction.run("SELECT coalesce(sum(octet_length(text)), 0) FROM run_trace WHERE run = $1", {id});
        return static_cast<std::uint64_t>(rows[0].number(0));
    });
}

std::string PostgresRunStore::trace(std::string_view id) {
    std::string all;
    const auto rows = database_.read("SELECT text FROM run_trace WHERE run = $1 ORDER BY number", {id});
    for (const auto row : rows)
        all += row.text(0);
    return all;
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
        require_not_ended(there);
        if (there.state == RunState::running) {
            transaction.run("UPDATE run SET cancel_requested = true WHERE id = $1", {id});
            write_event(transaction, id, "run.cancelling", {}, now);
        } else {
            const Error error(ErrorCode::cancelled, "It was cancelled before it began.");
            transaction.run(
                "UPDATE run SET state = 'cancelled', cancel_requested = true, error = $2, finished_at = $3 "
                "WHERE id = $1",
                {id, json::serialize(fairlead::to_json(error)), to_number(now)});
            write_event(transaction, id, "run.finished", end_of(present(transaction, id)), now);
        }
        return present(transaction, id);
    });
}

Run PostgresRunStore::request_pause(std::string_view id, Time now) {
    return database_.write([&](Transaction& transaction) {
        auto there = present(transaction, id);
        require_not_ended(there);
        if (there.state == RunState::paused || there.pause_requested) return there;
        transaction.run("UPDATE run SET paused = true WHERE id = $1", {id});
        write_event(transaction, id, there.state == RunState::running ? "run.pausing" : "run.paused", {}, now);
        return present(transaction, id);
    });
}

Run PostgresRunStore::resume(std::string_view id, Time now) {
    return database_.write([&](Transaction& transaction) {
        require_paused(present(transaction, id));
        transaction.run("UPDATE run SET paused = false WHERE id = $1", {id});
        write_event(transaction, id, "run.resumed", {}, now);
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

Forgotten PostgresRunStore::forget(const Retention& retention, Time now) {
    return database_.write([&](Transaction& transaction) {
        const auto before = to_number(now - retention.keep_runs);
        const auto rows_at_once = retention.at_once * kRowsPerRun;
        Forgotten forgotten;
        // What is many goes first, in parts: removing a run of a million files at once would take long.
        for (const auto* table : {"run_event", "run_file", "run_trace"}) {
            const auto gone = transaction.run(
                fmt::format("DELETE FROM {0} WHERE (run, number) IN (SELECT run, number FROM {0} WHERE run IN "
                            "(SELECT id FROM run WHERE finished_at < $1 ORDER BY finished_at LIMIT $2) LIMIT $3)",
                            table),
                {before, retention.at_once, rows_at_once});
            if (gone.changed() < static_cast<std::int64_t>(rows_at_once)) continue;
            forgotten.more = true;
            return forgotten;
        }
        const auto rows = transaction.run(
            "DELETE FROM run WHERE id IN (SELECT id FROM run WHERE finished_at < $1 ORDER BY finished_at "
            "LIMIT $2 FOR UPDATE SKIP LOCKED) RETURNING id",
            {before, retention.at_once});
        for (const auto row : rows)
            forgotten.ids.emplace_back(row.text(0));
        transaction.run("DELETE FROM run_turn WHERE taken_at < $1", {before});
        forgotten.more = forgotten.ids.size() == retention.at_once;
        return forgotten;
    });
}

}  // namespace fairlead::store::postgres

#include "store/sqlite/run_store.hpp"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "base/error_json.hpp"
#include "fairlead/error.hpp"
#include "store/clock.hpp"
#include "store/file_place.hpp"
#include "store/run_rows.hpp"
#include "store/run_words.hpp"
#include "store/sqlite/conditions.hpp"

namespace fairlead::store::sqlite {
namespace {

namespace json = boost::json;
using catalog::Run;
using catalog::RunFile;
using catalog::RunState;

constexpr std::int64_t kRowsPerRun = 10;  // of files or events that go in one transaction

}  // namespace

void SqliteRunStore::insert(const Run& run) {
    Transaction transaction(database_);
    auto statement = database_.prepare(
        "INSERT INTO run (id, project, kind, subject, action, connection, environment, \"trigger\", state, "
        "priority, attempt, created_at, due_at, started_at, finished_at, bytes, files, succeeded, failed, "
        "skipped, error, created_by, retry_of, cancel_requested, request, lease_owner, lease_until, fence, node) "
        "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, "
        "CASE WHEN ?9 = 'running' THEN ?12 END, NULL, 0, 0, 0, 0, 0, '', ?14, ?15, 0, ?16, ?17, ?18, ?19, ?20)");
    statement.bind(run.id).bind(run.project).bind(run.kind).bind(run.subject).bind(run.action);
    statement.bind(run.connection).bind(run.environment).bind(run.trigger);
    statement.bind(catalog::to_string(run.state)).bind(run.priority).bind(run.attempt);
    statement.bind(to_number(run.created_at)).bind(to_number(run.due_at.value_or(run.created_at)));
    statement.bind(run.by).bind(run.retry_of).bind(json::serialize(run.request));
    statement.bind(run.lease.owner).bind(to_number(run.lease.until)).bind(run.lease.fence).bind(run.node).run();
    json::object data;
    data["kind"] = run.kind;
    data["subject"] = run.subject;
    write_event(run.id, run.state == RunState::running ? "run.started" : "run.queued", data, run.created_at);
    transaction.commit();
}

std::optional<Run> SqliteRunStore::find(std::string_view id) {
    auto rows = database_.prepare(std::string(kRunColumns) + "WHERE id = ?");
    rows.bind(id);
    if (!rows.step()) return std::nullopt;
    return run_of(rows);
}

std::uint64_t SqliteRunStore::count(RunState state) {
    auto rows = database_.prepare("SELECT count(*) FROM run WHERE " + is_in(state));
    rows.step();
    return static_cast<std::uint64_t>(rows.number(0));
}

RunWish SqliteRunStore::renew(std::string_view id, std::int64_t fence, Time until) {
    Transaction transaction(database_);
    const auto run = ours(id, fence);
    database_.prepare("UPDATE run SET lease_until = ? WHERE id = ?").bind(to_number(until)).bind(id).run();
    transaction.commit();
    if (run.cancel_requested) return RunWish::stop;
    return run.pause_requested ? RunWish::pause : RunWish::none;
}

std::vector<Run> SqliteRunStore::expired(Time now) {
    auto rows = database_.prepare(std::string(kRunColumns) + "WHERE state = 'running' AND lease_until < ?");
    rows.bind(to_number(now));
    std::vector<Run> found;
    while (rows.step())
        found.push_back(run_of(rows));
    return found;
}

void SqliteRunStore::bring_forward(Time now) {
    database_.prepare("UPDATE run SET due_at = ?1 WHERE state = 'queued' AND created_at > ?2 AND due_at > ?1")
        .bind(to_number(now))
        .bind(to_number(now + kClocksDiffer))
        .run();
}

std::vector<Run> SqliteRunStore::running() {
    auto rows = database_.prepare(std::string(kRunColumns) + "WHERE state = 'running' ORDER BY id");
    std::vector<Run> found;
    while (rows.step())
        found.push_back(run_of(rows));
    return found;
}

bool SqliteRunStore::requeue(std::string_view id, std::int64_t fence, Time now, std::string_view reason) {
    Transaction transaction(database_);
    database_
        .prepare("UPDATE run SET state = 'queued', lease_owner = '', fence = fence + 1 WHERE id = ? AND fence = ? "
                 "AND state = 'running'")
        .bind(id)
        .bind(fence)
        .run();
    if (database_.changes() == 0) return false;
    const bool paused = present(id).state == RunState::paused;
    write_event(id, paused ? "run.paused" : "run.interrupted", {{"reason", reason}}, now);
    transaction.commit();
    return true;
}

void SqliteRunStore::put_file(std::string_view id, std::int64_t fence, const RunFile& file, Time now) {
    Transaction transaction(database_);
    const auto run = ours(id, fence);
    const auto place = place_of(run.connection, file);
    add_to_sums(id, file.number, '-');  // one that a second attempt reports again counts once
    auto statement = database_.prepare(
        "INSERT INTO run_file (run, number, source, target, outcome, bytes, resumed, proof, checksum, attempts, "
        "error, started_at, finished_at, properties, warnings, history, project, connection, target_connection, name, "
        "target_name) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (run, number) DO UPDATE SET source = excluded.source, target = excluded.target, "
        "outcome = excluded.outcome, bytes = excluded.bytes, resumed = excluded.resumed, proof = excluded.proof, "
        "checksum = excluded.checksum, attempts = excluded.attempts, error = excluded.error, "
        "started_at = excluded.started_at, finished_at = excluded.finished_at, properties = excluded.properties, "
        "warnings = excluded.warnings, history = excluded.history, target_connection = excluded.target_connection, "
        "name = excluded.name, target_name = excluded.target_name");
    statement.bind(id).bind(file.number).bind(file.source).bind(file.target).bind(file.outcome);
    statement.bind(static_cast<std::int64_t>(file.bytes)).bind(static_cast<std::int64_t>(file.resumed));
    statement.bind(file.proof).bind(file.checksum).bind(file.attempts).bind(text_of(file.error));
    statement.bind(to_number(file.started_at.value_or(now))).bind(to_number(file.finished_at.value_or(now)));
    statement.bind(json::serialize(file.properties));
    statement.bind(json::serialize(json::array(file.warnings.begin(), file.warnings.end())));
    statement.bind(json::serialize(file.history)).bind(run.project).bind(place.connection);
    statement.bind(place.target_connection).bind(place.name).bind(place.target_name).run();
    add_to_sums(id, file.number, '+');
    write_event(id, "run.file", file_event(file), now);
    transaction.commit();
}

std::vector<RunFile> SqliteRunStore::files(std::string_view id, std::int64_t from, std::size_t limit) {
    auto rows = database_.prepare(std::string(kFileColumns) + " FROM run_file f WHERE run = ? AND number >= ? ORDER BY number LIMIT ?");
    rows.bind(id).bind(from).bind(static_cast<std::int64_t>(limit));
    std::vector<RunFile> found;
    while (rows.step())
        found.push_back(file_of(rows));
    return found;
}

void SqliteRunStore::note(std::string_view id, std::int64_t fence, std::string_view type,
                          const json::object& data, Time now) {
    Transaction transaction(database_);
    (void)ours(id, fence);
    write_event(id, type, data, now);
    transaction.commit();
}

std::uint64_t SqliteRunStore::add_trace(std::string_view id, std::int64_t fence, std::string_view text) {
    Transaction transaction(database_);
    (void)ours(id, fence);
    if (!text.empty())
        database_
            .prepare("INSERT INTO run_trace (run, number, text) "
                     "SELECT ?1, coalesce(max(number) + 1, 0), ?2 FROM run_trace WHERE run = ?1")
            .bind(id)
            .bind(text)
            .run();
    std::uint64_t size = 0;
    {
        auto rows = database_.prepare("SELECT coalesce(sum(length(CAST(text AS BLOB))), 0) FROM run_trace WHERE run = ?");
        rows.bind(id);
        rows.step();
        size = static_cast<std::uint64_t>(rows.number(0));
    }
    transaction.commit();
    return size;
}

std::string SqliteRunStore::trace(std::string_view id) {
    auto rows = database_.prepare("SELECT text FROM run_trace WHERE run = ? ORDER BY number");
    rows.bind(id);
    std::string all;
    while (rows.step())
        all += rows.text(0);
    return all;
}

void SqliteRunStore::finish(std::string_view id, std::int64_t fence, RunState state,
                            const std::optional<Error>& error, Time now) {
    Transaction transaction(database_);
    (void)ours(id, fence);
    database_
        .prepare("UPDATE run SET state = ?, error = ?, finished_at = ?, lease_owner = '' WHERE id = ?")
        .bind(catalog::to_string(state))
        .bind(text_of(error))
        .bind(to_number(now))
        .bind(id)
        .run();
    write_event(id, "run.finished", end_of(*find(id)), now);
    transaction.commit();
}

Run SqliteRunStore::request_cancel(std::string_view id, Time now) {
    Transaction transaction(database_);
    const auto there = present(id);
    require_not_ended(there);
    if (there.state == RunState::running) {
        database_.prepare("UPDATE run SET cancel_requested = 1 WHERE id = ?").bind(id).run();
        write_event(id, "run.cancelling", {}, now);
    } else {
        const Error error(ErrorCode::cancelled, "It was cancelled before it began.");
        database_
            .prepare("UPDATE run SET state = 'cancelled', cancel_requested = 1, error = ?, finished_at = ? "
                     "WHERE id = ?")
            .bind(json::serialize(fairlead::to_json(error)))
            .bind(to_number(now))
            .bind(id)
            .run();
        write_event(id, "run.finished", end_of(present(id)), now);
    }
    auto run = present(id);
    transaction.commit();
    return run;
}

Run SqliteRunStore::request_pause(std::string_view id, Time now) {
    Transaction transaction(database_);
    const auto there = present(id);
    require_not_ended(there);
    if (there.state == RunState::paused || there.pause_requested) return there;
    database_.prepare("UPDATE run SET paused = 1 WHERE id = ?").bind(id).run();
    write_event(id, there.state == RunState::running ? "run.pausing" : "run.paused", {}, now);
    auto run = present(id);
    transaction.commit();
    return run;
}

Run SqliteRunStore::resume(std::string_view id, Time now) {
    Transaction transaction(database_);
    require_paused(present(id));
    database_.prepare("UPDATE run SET paused = 0 WHERE id = ?").bind(id).run();
    write_event(id, "run.resumed", {}, now);
    auto run = present(id);
    transaction.commit();
    return run;
}

std::vector<catalog::RunEvent> SqliteRunStore::events(const EventQuery& query) {
    Conditions where;
    where.add("number > ?", query.after);
    if (!query.run.empty()) where.add("run = ?", query.run);
    where.any_of("project", query.projects);
    auto rows = database_.prepare("SELECT number, run, project, at, type, data FROM run_event " + where.text() +
                                  " ORDER BY number LIMIT ?");
    where.bind_to(rows);
    rows.bind(static_cast<std::int64_t>(query.limit));
    std::vector<catalog::RunEvent> found;
    while (rows.step())
        found.push_back(event_of(rows));
    return found;
}

std::int64_t SqliteRunStore::newest_event() {
    auto rows = database_.prepare("SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'run_event'");
    rows.step();
    return rows.number(0);
}

Forgotten SqliteRunStore::forget(const Retention& retention, Time now) {
    Transaction transaction(database_);
    const auto before = to_number(now - retention.keep_runs);
    const auto most = static_cast<std::int64_t>(retention.at_once);
    Forgotten forgotten;
    // What is many goes first, in parts: removing a run of a million files at once would lock others out.
    for (const auto* table : {"run_event", "run_file", "run_trace"}) {
        database_
            .prepare(fmt::format("DELETE FROM {0} WHERE (run, number) IN (SELECT run, number FROM {0} WHERE run IN "
                                 "(SELECT id FROM run WHERE finished_at < ? ORDER BY finished_at LIMIT ?) LIMIT ?)",
                                 table))
            .bind(before)
            .bind(most)
            .bind(most * kRowsPerRun)
            .run();
        if (database_.changes() < most * kRowsPerRun) continue;
        forgotten.more = true;
        transaction.commit();
        return forgotten;
    }
    {
        auto rows = database_.prepare("SELECT id FROM run WHERE finished_at < ? ORDER BY finished_at LIMIT ?");
        rows.bind(before).bind(most);
        while (rows.step())
            forgotten.ids.emplace_back(rows.text(0));
    }
    for (const auto& id : forgotten.ids)
        database_.prepare("DELETE FROM run WHERE id = ?").bind(id).run();
    database_.prepare("DELETE FROM run_turn WHERE taken_at < ?").bind(before).run();
    transaction.commit();
    forgotten.more = forgotten.ids.size() == retention.at_once;
    return forgotten;
}

Run SqliteRunStore::present(std::string_view id) {
    if (auto run = find(id)) return std::move(*run);
    throw no_such_run(id);
}

Run SqliteRunStore::ours(std::string_view id, std::int64_t fence) {
    auto run = present(id);
    if (run.lease.fence == fence && run.state == RunState::running) return run;
    throw not_ours(id);
}

void SqliteRunStore::add_to_sums(std::string_view id, std::int64_t file, char sign) {
    database_
        .prepare(fmt::format(
            "UPDATE run SET (bytes, files, succeeded, failed, skipped) = (SELECT run.bytes {0} f.bytes, run.files {0} 1, "
            "run.succeeded {0} (f.error = '' AND f.outcome <> 'skipped'), run.failed {0} (f.error <> ''), "
            "run.skipped {0} (f.error = '' AND f.outcome = 'skipped') FROM run_file f WHERE f.run = ?1 AND f.number = ?2) "
            "WHERE id = ?1 AND EXISTS (SELECT 1 FROM run_file WHERE run = ?1 AND number = ?2)",
            sign))
        .bind(id)
        .bind(file)
        .run();
}

void SqliteRunStore::write_event(std::string_view id, std::string_view type, const json::object& data, Time now) {
    database_
        .prepare("INSERT INTO run_event (run, project, at, type, data) SELECT id, project, ?, ?, ? FROM run WHERE "
                 "id = ?")
        .bind(to_number(now))
        .bind(type)
        .bind(json::serialize(data))
        .bind(id)
        .run();
}

}  // namespace fairlead::store::sqlite

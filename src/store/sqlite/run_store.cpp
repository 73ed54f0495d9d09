#include "store/sqlite/run_store.hpp"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "base/error_json.hpp"
#include "fairlead/error.hpp"
#include "store/sqlite/run_rows.hpp"

namespace fairlead::store::sqlite {
namespace {

namespace json = boost::json;
using catalog::Run;
using catalog::RunFile;
using catalog::RunState;

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

std::vector<Run> SqliteRunStore::list(const RunQuery& query) {
    Conditions where;
    where.any_of("project", query.projects);
    std::vector<std::string> states;
    for (const auto state : query.states)
        states.emplace_back(catalog::to_string(state));
    where.any_of("state", states);
    if (!query.kind.empty()) where.add("kind = ?", query.kind);
    if (!query.subject.empty()) where.add("subject = ? COLLATE NOCASE", query.subject);
    if (!query.connection.empty()) where.add("connection = ? COLLATE NOCASE", query.connection);
    if (query.since) where.add("created_at >= ?", to_number(*query.since));
    if (query.until) where.add("created_at < ?", to_number(*query.until));
    if (!query.before.empty()) where.add("id < ?", query.before);
    if (!query.file.empty())
        where.add("EXISTS (SELECT 1 FROM run_file f WHERE f.run = run.id AND instr(f.source || char(10) || f.target, ?) > 0)",
                  query.file);
    auto rows = database_.prepare(std::string(kRunColumns) + where.text() + " ORDER BY id DESC LIMIT ?");
    where.bind_to(rows);
    rows.bind(static_cast<std::int64_t>(query.limit));
    std::vector<Run> found;
    while (rows.step())
        found.push_back(run_of(rows));
    return found;
}

std::uint64_t SqliteRunStore::count(RunState state) {
    auto rows = database_.prepare("SELECT count(*) FROM run WHERE state = ?");
    rows.bind(catalog::to_string(state));
    rows.step();
    return static_cast<std::uint64_t>(rows.number(0));
}

/// Inside the caller's transaction.
Run SqliteRunStore::take(std::string_view id, std::string_view owner, Time now, Time until) {
    database_
        .prepare("UPDATE run SET state = 'running', attempt = attempt + 1, lease_owner = ?, lease_until = ?, "
                 "fence = fence + 1, started_at = coalesce(started_at, ?) WHERE id = ?")
        .bind(owner)
        .bind(to_number(until))
        .bind(to_number(now))
        .bind(id)
        .run();
    auto run = *find(id);
    json::object data;
    data["attempt"] = run.attempt;
    write_event(id, "run.started", data, now);
    return run;
}

std::optional<Run> SqliteRunStore::claim(const Claim& claim) {
    Transaction transaction(database_);
    Conditions where;
    where.add("state = 'queued' AND due_at <= ?", to_number(claim.now));
    where.add("node IN ('', ?)", claim.node);
    where.any_of("kind", claim.kinds);
    auto rows = database_.prepare(
        "SELECT id FROM run " + where.text() +
        " ORDER BY priority DESC, (SELECT count(*) FROM run o WHERE o.state = 'running' AND o.project = run.project), "
        "(SELECT count(*) FROM run o WHERE o.state = 'running' AND o.project = run.project AND o.connection = "
        "run.connection), due_at, id LIMIT 1");
    where.bind_to(rows);
    if (!rows.step()) return std::nullopt;
    const std::string id(rows.text(0));
    auto run = take(id, claim.owner, claim.now, claim.until);
    transaction.commit();
    return run;
}

std::optional<Run> SqliteRunStore::claim(std::string_view id, std::string_view owner, Time now, Time until) {
    Transaction transaction(database_);
    const auto there = find(id);
    if (!there || there->state != RunState::queued) return std::nullopt;
    auto run = take(id, owner, now, until);
    transaction.commit();
    return run;
}

bool SqliteRunStore::renew(std::string_view id, std::int64_t fence, Time until) {
    Transaction transaction(database_);
    require_fence(id, fence);
    database_.prepare("UPDATE run SET lease_until = ? WHERE id = ?").bind(to_number(until)).bind(id).run();
    auto rows = database_.prepare("SELECT cancel_requested FROM run WHERE id = ?");
    rows.bind(id);
    rows.step();
    const bool stop = rows.number(0) != 0;
    transaction.commit();
    return stop;
}

std::vector<Run> SqliteRunStore::expired(Time now) {
    auto rows = database_.prepare(std::string(kRunColumns) + "WHERE state = 'running' AND lease_until < ?");
    rows.bind(to_number(now));
    std::vector<Run> found;
    while (rows.step())
        found.push_back(run_of(rows));
    return found;
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
    json::object data;
    data["reason"] = reason;
    write_event(id, "run.interrupted", data, now);
    transaction.commit();
    return true;
}

void SqliteRunStore::put_file(std::string_view id, std::int64_t fence, const RunFile& file, Time now) {
    Transaction transaction(database_);
    require_fence(id, fence);
    add_to_sums(id, file.number, '-');  // one that a second attempt reports again counts once
    auto statement = database_.prepare(
        "INSERT INTO run_file (run, number, source, target, outcome, bytes, resumed, proof, checksum, attempts, "
        "error, started_at, finished_at, properties, warnings) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (run, number) DO UPDATE SET source = excluded.source, target = excluded.target, "
        "outcome = excluded.outcome, bytes = excluded.bytes, resumed = excluded.resumed, proof = excluded.proof, "
        "checksum = excluded.checksum, attempts = excluded.attempts, error = excluded.error, "
        "started_at = excluded.started_at, finished_at = excluded.finished_at, properties = excluded.properties, warnings = excluded.warnings");
    statement.bind(id).bind(file.number).bind(file.source).bind(file.target).bind(file.outcome);
    statement.bind(static_cast<std::int64_t>(file.bytes)).bind(static_cast<std::int64_t>(file.resumed));
    statement.bind(file.proof).bind(file.checksum).bind(file.attempts).bind(text_of(file.error));
    statement.bind(to_number(file.started_at.value_or(now))).bind(to_number(file.finished_at.value_or(now)));
    statement.bind(json::serialize(file.properties));
    statement.bind(json::serialize(json::array(file.warnings.begin(), file.warnings.end()))).run();
    add_to_sums(id, file.number, '+');
    write_event(id, "run.file", catalog::to_json(file), now);
    transaction.commit();
}

std::vector<RunFile> SqliteRunStore::files(std::string_view id, std::int64_t from, std::size_t limit) {
    auto rows = database_.prepare(std::string(kFileColumns) + "WHERE run = ? AND number >= ? ORDER BY number LIMIT ?");
    rows.bind(id).bind(from).bind(static_cast<std::int64_t>(limit));
    std::vector<RunFile> found;
    while (rows.step())
        found.push_back(file_of(rows));
    return found;
}

void SqliteRunStore::note(std::string_view id, std::int64_t fence, std::string_view type,
                          const json::object& data, Time now) {
    Transaction transaction(database_);
    require_fence(id, fence);
    write_event(id, type, data, now);
    transaction.commit();
}

void SqliteRunStore::finish(std::string_view id, std::int64_t fence, RunState state,
                            const std::optional<Error>& error, Time now) {
    Transaction transaction(database_);
    require_fence(id, fence);
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
    const auto there = find(id);
    if (!there) throw no_such_run(id);
    if (catalog::has_ended(there->state))
        throw Error(ErrorCode::conflict, fmt::format("The run '{}' has ended already: it is {}.", id,
                                                     catalog::to_string(there->state)));
    if (there->state == RunState::queued) {
        const Error error(ErrorCode::cancelled, "It was cancelled before it began.");
        database_
            .prepare("UPDATE run SET state = 'cancelled', cancel_requested = 1, error = ?, finished_at = ? "
                     "WHERE id = ?")
            .bind(json::serialize(fairlead::to_json(error)))
            .bind(to_number(now))
            .bind(id)
            .run();
        write_event(id, "run.finished", end_of(*find(id)), now);
    } else {
        database_.prepare("UPDATE run SET cancel_requested = 1 WHERE id = ?").bind(id).run();
        write_event(id, "run.cancelling", {}, now);
    }
    auto run = *find(id);
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

std::vector<std::string> SqliteRunStore::forget(const Retention& retention, Time now) {
    Transaction transaction(database_);
    auto rows = database_.prepare("SELECT id FROM run WHERE finished_at < ? ORDER BY finished_at LIMIT ?");
    rows.bind(to_number(now - retention.keep_runs)).bind(static_cast<std::int64_t>(retention.at_once));
    std::vector<std::string> ids;
    while (rows.step())
        ids.emplace_back(rows.text(0));
    for (const auto& id : ids)
        database_.prepare("DELETE FROM run WHERE id = ?").bind(id).run();
    transaction.commit();
    return ids;
}

void SqliteRunStore::require_fence(std::string_view id, std::int64_t fence) {
    auto rows = database_.prepare("SELECT fence, state FROM run WHERE id = ?");
    rows.bind(id);
    if (!rows.step()) throw no_such_run(id);
    if (rows.number(0) == fence && rows.text(1) == "running") return;
    throw Error(ErrorCode::conflict,
                fmt::format("The run '{}' is not ours any more: its lease ran out and it was taken over.", id));
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

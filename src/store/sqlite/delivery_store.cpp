#include "store/sqlite/delivery_store.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "catalog/run.hpp"
#include "store/sqlite/conditions.hpp"
#include "store/version_rows.hpp"

namespace fairlead::store::sqlite {
namespace {

namespace json = boost::json;
using catalog::FileVersion;

Conditions conditions_of(const VersionQuery& query) {
    Conditions where;
    where.add("flow = ?", query.flow);
    std::vector<std::string> states;
    for (const auto state : query.states)
        states.emplace_back(catalog::to_string(state));
    where.any_of("state", states);
    if (!query.path.empty()) where.add("path = ?", query.path);
    if (query.before != 0) where.add("number < ?", query.before);
    return where;
}

void bind_number(Statement& statement, std::optional<std::int64_t> number) {
    if (number)
        statement.bind(*number);
    else
        statement.bind_null();
}

}  // namespace

std::optional<std::string> SqliteDeliveryStore::take(std::string_view flow, std::string_view run) {
    Transaction transaction(database_);
    auto rows = database_.prepare(
        "SELECT s.holder FROM flow_state s JOIN run r ON r.id = s.holder "
        "WHERE s.flow = ? AND s.holder <> ? AND r.state = 'running'");
    rows.bind(flow).bind(run);
    if (rows.step()) return std::string(rows.text(0));
    database_
        .prepare("INSERT INTO flow_state (flow, holder, counter) VALUES (?, ?, 0) "
                 "ON CONFLICT (flow) DO UPDATE SET holder = excluded.holder")
        .bind(flow)
        .bind(run)
        .run();
    transaction.commit();
    return std::nullopt;
}

std::vector<FileVersion> SqliteDeliveryStore::versions_of(std::string_view flow, std::string_view path) {
    auto rows = database_.prepare(std::string(kVersionColumns) +
                                  "WHERE number IN (SELECT number FROM flow_version WHERE flow = ?1 AND path = ?2 UNION "
                                  "SELECT number FROM flow_version WHERE flow = ?1 AND settled_to = ?2 AND settled_to <> '') "
                                  "ORDER BY number DESC");
    rows.bind(flow).bind(path);
    std::vector<FileVersion> found;
    while (rows.step())
        found.push_back(version_of(rows));
    return found;
}

std::vector<FileVersion> SqliteDeliveryStore::list(const VersionQuery& query) {
    const auto where = conditions_of(query);
    auto rows = database_.prepare(std::string(kVersionColumns) + where.text() + " ORDER BY number DESC LIMIT ?");
    where.bind_to(rows);
    rows.bind(static_cast<std::int64_t>(query.limit));
    std::vector<FileVersion> found;
    while (rows.step())
        found.push_back(version_of(rows));
    return found;
}

std::int64_t SqliteDeliveryStore::next_counter(std::string_view flow) {
    auto rows = database_.prepare(
        "INSERT INTO flow_state (flow, holder, counter) VALUES (?, '', 1) "
        "ON CONFLICT (flow) DO UPDATE SET counter = counter + 1 RETURNING counter");
    rows.bind(flow);
    rows.step();
    const auto counter = rows.number(0);
    while (rows.step()) {}
    return counter;
}

void SqliteDeliveryStore::put(FileVersion& version) {
    Transaction transaction(database_);
    const bool is_new = version.number == 0;
    const auto counter = is_new ? next_counter(version.flow) : version.counter;
    auto statement = database_.prepare(
        is_new ? "INSERT INTO flow_version (flow, path, size, modified, precision, hash, seen_at, changed_at, state, "
                 "reason, counter, settled_to, failures, error, run, deliveries) "
                 "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING number"
               : "UPDATE flow_version SET flow = ?, path = ?, size = ?, modified = ?, precision = ?, hash = ?, "
                 "seen_at = ?, changed_at = ?, state = ?, reason = ?, counter = ?, settled_to = ?, failures = ?, "
                 "error = ?, run = ?, deliveries = ? WHERE number = ? RETURNING number");
    statement.bind(version.flow).bind(version.path);
    bind_number(statement, version.size ? std::optional(static_cast<std::int64_t>(*version.size)) : std::nullopt);
    bind_number(statement, version.modified ? std::optional(to_number(*version.modified)) : std::nullopt);
    statement.bind(fairlead::to_string(version.precision)).bind(version.hash);
    statement.bind(to_number(version.seen_at)).bind(to_number(version.changed_at));
    statement.bind(catalog::to_string(version.state)).bind(version.reason).bind(counter).bind(version.settled_to);
    statement.bind(version.failures).bind(text_of(version.error)).bind(version.run);
    statement.bind(json::serialize(catalog::deliveries_to_json(version.deliveries)));
    if (!is_new) statement.bind(version.number);
    if (!statement.step()) return;  // it was reset meanwhile
    const auto number = statement.number(0);
    while (statement.step()) {}
    transaction.commit();
    version.number = number;
    version.counter = counter;
}

std::size_t SqliteDeliveryStore::forget(const VersionQuery& query) {
    const auto where = conditions_of(query);
    auto statement = database_.prepare("DELETE FROM flow_version " + where.text());
    where.bind_to(statement);
    statement.run();
    return static_cast<std::size_t>(database_.changes());
}

void SqliteDeliveryStore::forget_flow(std::string_view flow) {
    Transaction transaction(database_);
    for (const auto* table : {"flow_version", "flow_state", "flow_moment", "flow_notice"})
        database_.prepare(std::string("DELETE FROM ") + table + " WHERE flow = ?").bind(flow).run();
    transaction.commit();
}

std::optional<FileVersion> SqliteDeliveryStore::same_content(std::string_view flow, std::string_view hash,
                                                             std::int64_t besides) {
    auto rows = database_.prepare(std::string(kVersionColumns) +
                                  "WHERE flow = ? AND hash = ? AND hash <> '' AND number <> ? AND state IN "
                                  "('delivered', 'done') ORDER BY number DESC LIMIT 1");
    rows.bind(flow).bind(hash).bind(besides);
    if (!rows.step()) return std::nullopt;
    return version_of(rows);
}

bool SqliteDeliveryStore::take_moment(std::string_view flow, Time moment, Time now) {
    database_.prepare("INSERT INTO flow_moment (flow, moment, taken_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING")
        .bind(flow)
        .bind(to_number(moment))
        .bind(to_number(now))
        .run();
    return database_.changes() > 0;
}

std::optional<Time> SqliteDeliveryStore::last_moment(std::string_view flow) {
    auto rows = database_.prepare("SELECT max(moment) FROM flow_moment WHERE flow = ?");
    rows.bind(flow);
    if (!rows.step() || rows.is_null(0)) return std::nullopt;
    return to_time(rows.number(0));
}

void SqliteDeliveryStore::forget_moments_after(std::string_view flow, Time time) {
    database_.prepare("DELETE FROM flow_moment WHERE flow = ? AND moment > ?").bind(flow).bind(to_number(time)).run();
}

bool SqliteDeliveryStore::take_notice(std::string_view flow, std::string_view key, Time now) {
    database_.prepare("INSERT INTO flow_notice (flow, key, taken_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING")
        .bind(flow)
        .bind(key)
        .bind(to_number(now))
        .run();
    return database_.changes() > 0;
}

bool SqliteDeliveryStore::has_notice(std::string_view flow, std::string_view key) {
    auto rows = database_.prepare("SELECT 1 FROM flow_notice WHERE flow = ? AND key = ?");
    rows.bind(flow).bind(key);
    return rows.step();
}

std::int64_t SqliteDeliveryStore::forget_notes(Time before, std::size_t limit) {
    std::int64_t count = 0;
    for (const auto* sql :
         {"DELETE FROM flow_notice WHERE (flow, key) IN (SELECT flow, key FROM flow_notice WHERE taken_at < ? LIMIT ?)",
          "DELETE FROM flow_moment WHERE (flow, moment) IN (SELECT flow, moment FROM flow_moment m WHERE taken_at < ? AND "
          "EXISTS (SELECT 1 FROM flow_moment l WHERE l.flow = m.flow AND l.moment > m.moment) LIMIT ?)"}) {
        database_.prepare(sql).bind(to_number(before)).bind(static_cast<std::int64_t>(limit)).run();
        count += database_.changes();
    }
    return count;
}

std::int64_t SqliteDeliveryStore::forget_versions(Time before, std::size_t limit) {
    database_
        .prepare("DELETE FROM flow_version WHERE number IN (SELECT number FROM flow_version v WHERE state = 'done' AND "
                 "changed_at < ? AND settled_to = '' AND (reason <> ? OR EXISTS (SELECT 1 FROM flow_version n WHERE n.flow = "
                 "v.flow AND n.path = v.path AND n.number > v.number)) ORDER BY changed_at LIMIT ?)")
        .bind(to_number(before))
        .bind(catalog::kKept)
        .bind(static_cast<std::int64_t>(limit))
        .run();
    return database_.changes();
}

}  // namespace fairlead::store::sqlite

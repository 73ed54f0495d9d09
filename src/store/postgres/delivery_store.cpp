#include "store/postgres/delivery_store.hpp"

#include <boost/json/serialize.hpp>

#include "base/error_json.hpp"
#include "base/utf8.hpp"
#include "catalog/run.hpp"
#include "store/postgres/database.hpp"
#include "store/version_rows.hpp"

namespace fairlead::store::postgres {
namespace {

namespace json = boost::json;
using catalog::FileVersion;

std::vector<FileVersion> versions_in(const Rows& rows) {
    std::vector<FileVersion> found;
    for (const auto row : rows)
        found.push_back(version_of(row));
    return found;
}

/// "WHERE ..." with its values.
std::pair<std::string, std::vector<Value>> conditions_of(const VersionQuery& query) {
    std::string where = "WHERE flow = $1";
    std::vector<Value> values{query.flow};
    const auto place = [&](Value value) {
        values.push_back(std::move(value));
        return "$" + std::to_string(values.size());
    };
    if (!query.states.empty()) {
        std::vector<std::string> states;
        for (const auto state : query.states)
            states.emplace_back(catalog::to_string(state));
        where += " AND state = ANY(" + place(Value::list(states)) + "::text[])";
    }
    if (!query.path.empty()) where += " AND path = " + place(Value::bytes(query.path));
    if (query.before != 0) where += " AND number < " + place(query.before);
    return {std::move(where), std::move(values)};
}

}  // namespace

std::optional<std::string> PostgresDeliveryStore::take(std::string_view flow, std::string_view run) {
    return database_.write([&](Transaction& transaction) -> std::optional<std::string> {
        transaction.run("INSERT INTO flow_state (flow, holder, counter) VALUES ($1, '', 0) ON CONFLICT DO NOTHING", {flow});
        const auto state = transaction.run("SELECT holder FROM flow_state WHERE flow = $1 FOR UPDATE", {flow});
        const std::string holder(state[0].text(0));
        const auto running = transaction.run("SELECT 1 FROM run WHERE id = $1 AND state = 'running'", {holder});
        if (holder != run && !running.empty()) return holder;
        transaction.run("UPDATE flow_state SET holder = $2 WHERE flow = $1", {flow, run});
        return std::nullopt;
    });
}

std::vector<FileVersion> PostgresDeliveryStore::versions_of(std::string_view flow, std::string_view path) {
    return versions_in(database_.read(std::string(kVersionColumns) +
                                          "WHERE number IN (SELECT number FROM flow_version WHERE flow = $1 AND path = $2 UNION "
                                          "SELECT number FROM flow_version WHERE flow = $1 AND settled_to = $2 AND settled_to <> '') "
                                          "ORDER BY number DESC",
                                      {flow, Value::bytes(path)}));
}

std::vector<FileVersion> PostgresDeliveryStore::list(const VersionQuery& query) {
    auto [where, values] = conditions_of(query);
    values.emplace_back(query.limit);
    return versions_in(database_.read(
        std::string(kVersionColumns) + where + " ORDER BY number DESC LIMIT $" + std::to_string(values.size()), values));
}

void PostgresDeliveryStore::put(FileVersion& version) {
    const auto [number, counter] = database_.write([&](Transaction& transaction) {
        const bool is_new = version.number == 0;
        auto counted = version.counter;
        if (is_new)
            counted = transaction
                          .run("INSERT INTO flow_state (flow, holder, counter) VALUES ($1, '', 1) "
                               "ON CONFLICT (flow) DO UPDATE SET counter = flow_state.counter + 1 RETURNING counter",
                               {version.flow})[0]
                          .number(0);
        const std::optional<std::int64_t> modified =
            version.modified ? std::optional(to_number(*version.modified)) : std::nullopt;
        std::vector<Value> values{version.flow,
                                  Value::bytes(version.path),
                                  version.size,
                                  modified,
                                  fairlead::to_string(version.precision),
                                  version.hash,
                                  to_number(version.seen_at),
                                  to_number(version.changed_at),
                                  catalog::to_string(version.state),
                                  version.reason,
                                  counted,
                                  Value::bytes(version.settled_to),
                                  version.failures,
                                  version.error ? to_valid_utf8(json::serialize(fairlead::to_json(*version.error))) : "",
                                  version.run,
                                  to_valid_utf8(json::serialize(catalog::deliveries_to_json(version.deliveries)))};
        if (!is_new) values.emplace_back(version.number);
        const auto rows = transaction.run(
            is_new ? "INSERT INTO flow_version (flow, path, size, modified, precision, hash, seen_at, changed_at, state, "
                     "reason, counter, settled_to, failures, error, run, deliveries) VALUES ($1, $2, $3, $4, $5, $6, $7, "
                     "$8, $9, $10, $11, $12, $13, $14, $15, $16) RETURNING number"
                   : "UPDATE flow_version SET flow = $1, path = $2, size = $3, modified = $4, precision = $5, hash = $6, "
                     "seen_at = $7, changed_at = $8, state = $9, reason = $10, counter = $11, settled_to = $12, "
                     "failures = $13, error = $14, run = $15, deliveries = $16 WHERE number = $17 RETURNING number",
            values);
        const auto number_now = rows.empty() ? version.number : rows[0].number(0);  // none: it was reset meanwhile
        return std::pair(number_now, counted);
    });
    version.number = number;
    version.counter = counter;
}

std::size_t PostgresDeliveryStore::forget(const VersionQuery& query) {
    return database_.write([&](Transaction& transaction) {
        const auto [where, values] = conditions_of(query);
        return static_cast<std::size_t>(transaction.run("DELETE FROM flow_version " + where, values).changed());
    });
}

void PostgresDeliveryStore::forget_flow(std::string_view flow) {
    database_.write([&](Transaction& transaction) {
        for (const auto* table : {"flow_version", "flow_state", "flow_moment", "flow_notice"})
            transaction.run(std::string("DELETE FROM ") + table + " WHERE flow = $1", {flow});
    });
}

std::optional<FileVersion> PostgresDeliveryStore::same_content(std::string_view flow, std::string_view hash,
                                                               std::int64_t besides) {
    auto found = versions_in(database_.read(std::string(kVersionColumns) +
                                                "WHERE flow = $1 AND hash = $2 AND hash <> '' AND number <> $3 AND state IN "
                                                "('delivered', 'done') ORDER BY number DESC LIMIT 1",
                                            {flow, hash, besides}));
    if (found.empty()) return std::nullopt;
    return std::move(found.front());
}

bool PostgresDeliveryStore::take_moment(std::string_view flow, Time moment, Time now) {
    return database_.write([&](Transaction& transaction) {
        return transaction
                   .run("INSERT INTO flow_moment (flow, moment, taken_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
                        {flow, to_number(moment), to_number(now)})
                   .changed() > 0;
    });
}

std::optional<Time> PostgresDeliveryStore::last_moment(std::string_view flow) {
    const auto rows = database_.read("SELECT max(moment) FROM flow_moment WHERE flow = $1", {flow});
    if (rows.empty() || rows[0].is_null(0)) return std::nullopt;
    return to_time(rows[0].number(0));
}

void PostgresDeliveryStore::forget_moments_after(std::string_view flow, Time time) {
    database_.write([&](Transaction& transaction) {
        transaction.run("DELETE FROM flow_moment WHERE flow = $1 AND moment > $2", {flow, to_number(time)});
    });
}

bool PostgresDeliveryStore::take_notice(std::string_view flow, std::string_view key, Time now) {
    return database_.write([&](Transaction& transaction) {
        return transaction
                   .run("INSERT INTO flow_notice (flow, key, taken_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
                        {flow, key, to_number(now)})
                   .changed() > 0;
    });
}

bool PostgresDeliveryStore::has_notice(std::string_view flow, std::string_view key) {
    return !database_.read("SELECT 1 FROM flow_notice WHERE flow = $1 AND key = $2", {flow, key}).empty();
}

std::int64_t PostgresDeliveryStore::forget_notes(Time before, std::size_t limit) {
    return database_.write([&](Transaction& transaction) {
        std::int64_t count = 0;
        for (const auto* sql :
             {"DELETE FROM flow_notice WHERE (flow, key) IN (SELECT flow, key FROM flow_notice WHERE taken_at < $1 LIMIT $2)",
              "DELETE FROM flow_moment WHERE (flow, moment) IN (SELECT flow, moment FROM flow_moment m WHERE taken_at < $1 "
              "AND EXISTS (SELECT 1 FROM flow_moment l WHERE l.flow = m.flow AND l.moment > m.moment) LIMIT $2)"})
            count += transaction.run(sql, {to_number(before), limit}).changed();
        return count;
    });
}

std::int64_t PostgresDeliveryStore::forget_versions(Time before, std::size_t limit) {
    return database_.write([&](Transaction& transaction) {
        return transaction
            .run("DELETE FROM flow_version WHERE number IN (SELECT number FROM flow_version v WHERE state = 'done' AND "
                 "changed_at < $1 AND settled_to = '' AND (reason <> $2 OR EXISTS (SELECT 1 FROM flow_version n WHERE n.flow "
                 "= v.flow AND n.path = v.path AND n.number > v.number)) ORDER BY changed_at LIMIT $3)",
                 {to_number(before), catalog::kKept, limit})
            .changed();
    });
}

}  // namespace fairlead::store::postgres

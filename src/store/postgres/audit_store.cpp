#include "store/postgres/audit_store.hpp"

#include <fmt/format.h>

#include "store/resource_text.hpp"

namespace fairlead::store::postgres {

std::vector<AuditEntry> PostgresAuditStore::list(const AuditQuery& query) {
    std::string sql =
        "SELECT sequence, at, by_whom, via, action, kind, project, name, resource, revision, definition FROM "
        "audit "
        "WHERE true";
    std::vector<Value> values;
    // `condition` holds {} where the number of its parameter goes.
    const auto where = [&](std::string_view condition, Value value) {
        values.push_back(std::move(value));
        sql += " AND " + fmt::format(fmt::runtime(condition), values.size());
    };
    if (query.since) where("at >= ${}", to_number(*query.since));
    if (query.until) where("at < ${}", to_number(*query.until));
    if (!query.by.empty()) where("by_whom = ${}", query.by);
    if (!query.action.empty()) where("action = ${}", query.action);
    if (!query.kind.empty()) where("kind = ${}", query.kind);
    if (!query.project.empty()) where("project = ${}", query.project);
    if (!query.name.empty()) where("lower(name) = ${}", catalog::name_key(query.name));
    if (!query.resource.empty()) where("resource = ${}", query.resource);
    if (!query.text.empty())
        where("strpos(lower(name || ' ' || by_whom || ' ' || action), ${}) > 0",
              catalog::name_key(query.text));
    if (query.before) where("sequence < ${}", *query.before);
    values.emplace_back(query.limit);
    sql += fmt::format(" ORDER BY sequence DESC LIMIT ${}", values.size());
    std::vector<AuditEntry> found;
    const auto rows = database_.read(sql, values);
    for (const auto row : rows) {
        AuditEntry entry;
        entry.sequence = row.number(0);
        entry.at = to_time(row.number(1));
        entry.by = row.text(2);
        entry.via = row.text(3);
        entry.action = row.text(4);
        entry.kind = row.text(5);
        entry.project = row.text(6);
        entry.name = row.text(7);
        entry.resource = row.text(8);
        entry.revision = row.number(9);
        if (entry.resource.empty()) entry.detail = to_object(row.text(10));
        found.push_back(std::move(entry));
    }
    return found;
}

void PostgresAuditStore::record(const AuditEntry& entry) {
    database_.write([&](Transaction& transaction) {
        transaction.run(
            "INSERT INTO audit (at, by_whom, via, action, kind, project, name, resource, revision, enabled, "
            "tags, "
            "definition, changed_secrets) VALUES ($1, $2, $3, $4, $5, $6, $7, '', 0, true, '{}', $8, '[]')",
            {to_number(entry.at), entry.by, entry.via, entry.action, entry.kind, entry.project, entry.name,
             to_text(entry.detail)});
    });
}

std::int64_t PostgresAuditStore::forget_before(Time time) {
    return database_.write([&](Transaction& transaction) {
        return transaction
            .run(
                "DELETE FROM audit a WHERE a.at < $1 AND (a.resource = '' OR NOT EXISTS (SELECT 1 FROM "
                "resource r "
                "WHERE r.id = a.resource))",
                {to_number(time)})
            .changed();
    });
}

}  // namespace fairlead::store::postgres

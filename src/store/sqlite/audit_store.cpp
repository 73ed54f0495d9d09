#include "store/sqlite/audit_store.hpp"

#include "store/resource_text.hpp"

namespace fairlead::store::sqlite {

std::vector<AuditEntry> SqliteAuditStore::list(const AuditQuery& query) {
    std::string sql =
        "SELECT sequence, at, by_whom, via, action, kind, project, name, resource, revision, definition FROM "
        "audit "
        "WHERE true";
    if (query.since) sql += " AND at >= ?";
    if (query.until) sql += " AND at < ?";
    if (!query.by.empty()) sql += " AND by_whom = ?";
    if (!query.action.empty()) sql += " AND action = ?";
    if (!query.kind.empty()) sql += " AND kind = ?";
    if (!query.project.empty()) sql += " AND project = ?";
    if (!query.name.empty()) sql += " AND lower(name) = ?";
    if (!query.resource.empty()) sql += " AND resource = ?";
    if (!query.text.empty()) sql += " AND instr(lower(name || ' ' || by_whom || ' ' || action), ?) > 0";
    if (query.before) sql += " AND sequence < ?";
    sql += " ORDER BY sequence DESC LIMIT ?";
    auto rows = database_.prepare(sql);
    if (query.since) rows.bind(to_number(*query.since));
    if (query.until) rows.bind(to_number(*query.until));
    for (const auto* text : {&query.by, &query.action, &query.kind, &query.project})
        if (!text->empty()) rows.bind(*text);
    if (!query.name.empty()) rows.bind(catalog::name_key(query.name));
    if (!query.resource.empty()) rows.bind(query.resource);
    if (!query.text.empty()) rows.bind(catalog::name_key(query.text));
    if (query.before) rows.bind(*query.before);
    rows.bind(static_cast<std::int64_t>(query.limit));
    std::vector<AuditEntry> found;
    while (rows.step()) {
        AuditEntry entry;
        entry.sequence = rows.number(0);
        entry.at = to_time(rows.number(1));
        entry.by = rows.text(2);
        entry.via = rows.text(3);
        entry.action = rows.text(4);
        entry.kind = rows.text(5);
        entry.project = rows.text(6);
        entry.name = rows.text(7);
        entry.resource = rows.text(8);
        entry.revision = rows.number(9);
        if (entry.resource.empty()) entry.detail = to_object(rows.text(10));
        found.push_back(std::move(entry));
    }
    return found;
}

void SqliteAuditStore::record(const AuditEntry& entry) {
    auto row = database_.prepare(
        "INSERT INTO audit (at, by_whom, via, action, kind, project, name, resource, revision, enabled, "
        "tags, "
        "definition, changed_secrets) VALUES (?, ?, ?, ?, ?, ?, ?, '', 0, 1, '[]', ?, '[]')");
    row.bind(to_number(entry.at)).bind(entry.by).bind(entry.via).bind(entry.action).bind(entry.kind);
    row.bind(entry.project).bind(entry.name).bind(to_text(entry.detail)).run();
}

std::int64_t SqliteAuditStore::forget_before(Time time) {
    database_
        .prepare(
            "DELETE FROM audit WHERE at < ? AND (resource = '' OR resource NOT IN (SELECT id FROM resource))")
        .bind(to_number(time))
        .run();
    return database_.changes();
}

}  // namespace fairlead::store::sqlite

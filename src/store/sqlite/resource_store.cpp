#include "store/sqlite/resource_store.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <charconv>

#include "fairlead/error.hpp"
#include "store/resource_text.hpp"

namespace fairlead::store::sqlite {
namespace {

using catalog::Kind;
using catalog::Resource;
using Order = ResourceQuery::Order;

constexpr std::string_view kSelect =
    "SELECT id, kind, project, name, revision, enabled, tags, definition, created_at, updated_at, "
    "created_by, "
    "updated_by FROM resource ";

Resource resource_of(const Statement& row) {
    Resource resource;
    resource.record.id = row.text(0);
    resource.kind = catalog::parse_kind(row.text(1));
    resource.record.project = row.text(2);
    resource.name = row.text(3);
    resource.record.revision = row.number(4);
    resource.enabled = row.number(5) != 0;
    resource.tags = to_list(row.text(6));
    resource.definition = to_object(row.text(7));
    resource.record.created_at = to_time(row.number(8));
    resource.record.updated_at = to_time(row.number(9));
    resource.record.created_by = row.text(10);
    resource.record.updated_by = row.text(11);
    return resource;
}

std::string_view column_of(Order order) {
    switch (order) {
        case Order::name:
            return "name_key";
        case Order::created:
            return "created_at";
        case Order::updated:
            return "updated_at";
    }
    return "name_key";
}

/// Whether `a` comes before `b` in the order of the query.
bool comes_before(const Resource& a, const Resource& b, const ResourceQuery& query) {
    const auto key = [&](const Resource& r) {
        switch (query.order) {
            case Order::created:
                return std::tuple(to_number(r.record.created_at), std::string(), r.record.id);
            case Order::updated:
                return std::tuple(to_number(r.record.updated_at), std::string(), r.record.id);
            case Order::name:
                break;
        }
        return std::tuple(std::int64_t{0}, catalog::name_key(r.name), r.record.id);
    };
    return query.descending ? key(b) < key(a) : key(a) < key(b);
}

void bind_cursor(Statement& rows, const ResourceQuery& query) {
    const auto [key, id] = split_cursor(query.after);
    if (query.order == Order::name) {
        rows.bind(key);
    } else {
        std::int64_t number = 0;
        const auto [end, problem] = std::from_chars(key.data(), key.data() + key.size(), number);
        if (problem != std::errc{} || end != key.data() + key.size()) (void)split_cursor("");
        rows.bind(number);
    }
    rows.bind(id);
}

/// Runs a statement that may break the uniqueness of names.
void run_unique(Statement& statement, const Resource& resource) {
    try {
        statement.run();
    } catch (const Error& error) {
        if (error.code != ErrorCode::already_exists) throw;
        throw name_is_taken(resource);
    }
}

}  // namespace

std::vector<Resource> SqliteResourceStore::read(Statement& rows) {
    std::vector<Resource> found;
    while (rows.step())
        found.push_back(resource_of(rows));
    auto secrets = database_.prepare("SELECT field, sealed FROM resource_secret WHERE resource = ?");
    auto references = database_.prepare(
        "SELECT kind, name FROM resource_reference WHERE resource = ? ORDER BY kind, name_key");
    for (auto& resource : found) {
        secrets.again().bind(resource.record.id);
        while (secrets.step())
            resource.sealed.emplace(secrets.text(0), secrets.blob(1));
        references.again().bind(resource.record.id);
        while (references.step())
            resource.references.push_back(
                {catalog::parse_kind(references.text(0)), std::string(references.text(1))});
    }
    return found;
}

std::optional<Resource> SqliteResourceStore::find(Kind kind, std::string_view project,
                                                  std::string_view name) {
    auto rows = database_.prepare(std::string(kSelect) + "WHERE kind = ? AND project = ? AND name_key = ?");
    rows.bind(catalog::to_string(kind)).bind(project).bind(catalog::name_key(name));
    auto found = read(rows);
    if (found.empty()) return std::nullopt;
    return std::move(found.front());
}

std::optional<Resource> SqliteResourceStore::find(std::string_view id) {
    auto rows = database_.prepare(std::string(kSelect) + "WHERE id = ?");
    rows.bind(id);
    auto found = read(rows);
    if (found.empty()) return std::nullopt;
    return std::move(found.front());
}

std::vector<Resource> SqliteResourceStore::list(const ResourceQuery& query) {
    if (query.projects.empty()) return list_of(query, nullptr);
    // One project after the other: each comes from an index in the order that is wanted.
    std::vector<Resource> found;
    for (const auto& project : query.projects)
        std::ranges::move(list_of(query, &project), std::back_inserter(found));
    if (query.projects.size() == 1) return found;
    std::ranges::sort(found, [&](const Resource& a, const Resource& b) { return comes_before(a, b, query); });
    if (query.limit != 0 && found.size() > query.limit) found.resize(query.limit);
    return found;
}

std::vector<Resource> SqliteResourceStore::list_of(const ResourceQuery& query, const std::string* project) {
    const auto column = column_of(query.order);
    const auto* direction = query.descending ? "DESC" : "ASC";
    std::string sql = std::string(kSelect) + "WHERE kind = ?";
    if (project != nullptr) sql += " AND project = ?";
    if (!query.text.empty()) sql += " AND instr(name_key, ?) > 0";
    if (!query.tag.empty()) sql += " AND EXISTS (SELECT 1 FROM json_each(tags) WHERE value = ?)";
    if (query.enabled) sql += " AND enabled = ?";
    if (!query.after.empty())
        sql += fmt::format(" AND ({}, id) {} (?, ?)", column, query.descending ? "<" : ">");
    sql += fmt::format(" ORDER BY {} {}, id {} LIMIT ?", column, direction, direction);
    auto rows = database_.prepare(sql);
    rows.bind(catalog::to_string(query.kind));
    if (project != nullptr) rows.bind(*project);
    if (!query.text.empty()) rows.bind(catalog::name_key(query.text));
    if (!query.tag.empty()) rows.bind(query.tag);
    if (query.enabled) rows.bind(std::int64_t{*query.enabled});
    if (!query.after.empty()) bind_cursor(rows, query);
    rows.bind(query.limit == 0 ? std::int64_t{-1} : static_cast<std::int64_t>(query.limit));
    return read(rows);
}

std::vector<std::string> SqliteResourceStore::names(Kind kind, std::string_view project) {
    auto rows =
        database_.prepare("SELECT name FROM resource WHERE kind = ? AND project = ? ORDER BY name_key");
    rows.bind(catalog::to_string(kind)).bind(project);
    std::vector<std::string> found;
    while (rows.step())
        found.emplace_back(rows.text(0));
    return found;
}

void SqliteResourceStore::apply(std::span<const ResourceChange> changes, std::string_view via) {
    Transaction transaction(database_);
    for (const auto& change : changes) {
        if (change.change == Change::remove)
            remove(change.resource);
        else if (change.resource.record.revision == 1)
            insert(change.resource);
        else
            update(change.resource);
        write_revision(change, via);
    }
    transaction.commit();
}

void SqliteResourceStore::insert(const Resource& resource) {
    const auto& record = resource.record;
    auto row = database_.prepare(
        "INSERT INTO resource (id, kind, project, name, name_key, revision, enabled, tags, definition, "
        "created_at, "
        "updated_at, created_by, updated_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    row.bind(record.id).bind(catalog::to_string(resource.kind)).bind(record.project);
    row.bind(resource.name).bind(catalog::name_key(resource.name)).bind(record.revision);
    row.bind(std::int64_t{resource.enabled}).bind(to_text(resource.tags)).bind(to_text(resource.definition));
    row.bind(to_number(record.created_at)).bind(to_number(record.updated_at));
    row.bind(record.created_by).bind(record.updated_by);
    run_unique(row, resource);
    write_parts(resource);
}

void SqliteResourceStore::update(const Resource& resource) {
    const auto& record = resource.record;
    auto row = database_.prepare(
        "UPDATE resource SET project = ?, name = ?, name_key = ?, revision = ?, enabled = ?, tags = ?, "
        "definition = ?, "
        "updated_at = ?, updated_by = ? WHERE id = ? AND revision = ? - 1");
    row.bind(record.project).bind(resource.name).bind(catalog::name_key(resource.name)).bind(record.revision);
    row.bind(std::int64_t{resource.enabled}).bind(to_text(resource.tags)).bind(to_text(resource.definition));
    row.bind(to_number(record.updated_at)).bind(record.updated_by);
    row.bind(record.id).bind(record.revision);
    run_unique(row, resource);
    if (database_.changes() == 0) throw is_stale(resource);
    for (const auto* table : {"resource_secret", "resource_reference"})
        database_.prepare(fmt::format("DELETE FROM {} WHERE resource = ?", table)).bind(record.id).run();
    write_parts(resource);
}

void SqliteResourceStore::remove(const Resource& resource) {
    auto row = database_.prepare("DELETE FROM resource WHERE id = ? AND revision = ?");
    row.bind(resource.record.id).bind(resource.record.revision).run();
    if (database_.changes() == 0) throw is_stale(resource);
}

void SqliteResourceStore::write_parts(const Resource& resource) {
    for (const auto& [field, sealed] : resource.sealed)
        database_.prepare("INSERT INTO resource_secret (resource, field, sealed) VALUES (?, ?, ?)")
            .bind(resource.record.id)
            .bind(field)
            .bind_blob(sealed)
            .run();
    for (const auto& reference : resource.references)
        database_
            .prepare(
                "INSERT OR IGNORE INTO resource_reference (resource, kind, name, name_key) VALUES (?, ?, ?, "
                "?)")
            .bind(resource.record.id)
            .bind(catalog::to_string(reference.kind))
            .bind(reference.name)
            .bind(catalog::name_key(reference.name))
            .run();
}

void SqliteResourceStore::write_revision(const ResourceChange& change, std::string_view via) {
    const auto& resource = change.resource;
    const auto& record = resource.record;
    auto row = database_.prepare(
        "INSERT INTO audit (at, by_whom, via, action, kind, project, name, resource, revision, enabled, "
        "tags, "
        "definition, changed_secrets) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    row.bind(to_number(record.updated_at)).bind(record.updated_by).bind(via).bind(to_string(change.change));
    row.bind(catalog::to_string(resource.kind)).bind(record.project).bind(resource.name).bind(record.id);
    row.bind(record.revision + (change.change == Change::remove ? 1 : 0));
    row.bind(std::int64_t{resource.enabled}).bind(to_text(resource.tags)).bind(to_text(resource.definition));
    row.bind(to_text(change.changed_secrets)).run();
}

std::vector<Revision> SqliteResourceStore::revisions(std::string_view id) {
    auto rows = database_.prepare(
        "SELECT revision, action, kind, project, name, enabled, tags, definition, at, by_whom, "
        "changed_secrets FROM "
        "audit WHERE resource = ? ORDER BY revision");
    rows.bind(id);
    std::vector<Revision> found;
    while (rows.step()) {
        Revision revision;
        revision.number = rows.number(0);
        revision.change = parse_change(rows.text(1));
        auto& resource = revision.resource;
        resource.kind = catalog::parse_kind(rows.text(2));
        resource.record.id = id;
        resource.record.project = rows.text(3);
        resource.record.revision = revision.number;
        resource.record.updated_at = to_time(rows.number(8));
        resource.record.updated_by = rows.text(9);
        resource.name = rows.text(4);
        resource.enabled = rows.number(5) != 0;
        resource.tags = to_list(rows.text(6));
        resource.definition = to_object(rows.text(7));
        revision.changed_secrets = to_list(rows.text(10));
        found.push_back(std::move(revision));
    }
    return found;
}

std::vector<Resource> SqliteResourceStore::users_of(Kind kind, std::string_view project,
                                                    std::string_view name) {
    auto rows = database_.prepare(
        std::string(kSelect) +
        "WHERE id IN (SELECT resource FROM resource_reference WHERE kind = ? AND name_key = ?) "
        "AND (? = 'global' OR project = ?) ORDER BY kind, project, name_key");
    rows.bind(catalog::to_string(kind)).bind(catalog::name_key(name)).bind(project).bind(project);
    return read(rows);
}

}  // namespace fairlead::store::sqlite

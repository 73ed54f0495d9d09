#include "store/postgres/resource_store.hpp"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <charconv>

#include "store/postgres/resource_change.hpp"
#include "store/resource_text.hpp"

namespace fairlead::store::postgres {
namespace {

namespace json = boost::json;
using catalog::Kind;
using catalog::name_key;
using catalog::Resource;

/// A whole resource in one row, so that all of it is of one moment.
constexpr std::string_view kResource =
    "SELECT r.kind, r.id, r.project, r.name, r.revision, r.enabled, array_to_json(r.tags), r.definition, "
    "r.created_at, r.updated_at, r.created_by, r.updated_by, "
    "(SELECT json_agg(json_build_array(s.field, encode(s.sealed, 'hex'))) FROM resource_secret s "
    "WHERE s.resource = r.id), "
    "(SELECT json_agg(json_build_array(f.kind, f.name) ORDER BY f.kind, f.name_key) FROM resource_reference "
    "f "
    "WHERE f.resource = r.id) "
    "FROM resource r ";

/// A json_agg of pairs, which is NULL for none.
template <class Take>
void each_pair(const Row& row, int column, Take take) {
    if (row.is_null(column)) return;
    const auto pairs = json::parse(row.text(column));
    for (const auto& pair : pairs.as_array())
        take(std::string_view(pair.at(0).as_string()), std::string_view(pair.at(1).as_string()));
}

std::string from_hex(std::string_view digits) {
    std::string bytes;
    for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
        unsigned byte = 0;
        std::from_chars(digits.data() + i, digits.data() + i + 2, byte, 16);
        bytes += static_cast<char>(byte);
    }
    return bytes;
}

Resource resource_of(const Row& row) {
    Resource resource;
    resource.kind = catalog::parse_kind(row.text(0));
    auto& record = resource.record;
    record.id = row.text(1);
    record.project = row.text(2);
    resource.name = row.text(3);
    record.revision = row.number(4);
    resource.enabled = row.truth(5);
    resource.tags = to_list(row.text(6));
    resource.definition = to_object(row.text(7));
    record.created_at = to_time(row.number(8));
    record.updated_at = to_time(row.number(9));
    record.created_by = row.text(10);
    record.updated_by = row.text(11);
    each_pair(row, 12, [&](std::string_view field, std::string_view sealed) {
        resource.sealed.emplace(field, from_hex(sealed));
    });
    each_pair(row, 13, [&](std::string_view kind, std::string_view name) {
        resource.references.push_back({catalog::parse_kind(kind), std::string(name)});
    });
    return resource;
}

std::vector<Resource> resources_of(const Rows& rows) {
    std::vector<Resource> found;
    for (const auto row : rows)
        found.push_back(resource_of(row));
    return found;
}

std::optional<Resource> only_of(const Rows& rows) {
    if (rows.empty()) return std::nullopt;
    return resource_of(rows[0]);
}

std::string_view column_of(ResourceQuery::Order order) {
    switch (order) {
        case ResourceQuery::Order::name:
            return "r.name_key";
        case ResourceQuery::Order::created:
            return "r.created_at";
        case ResourceQuery::Order::updated:
            return "r.updated_at";
    }
    return "r.name_key";
}

std::int64_t number_in_cursor(std::string_view text) {
    std::int64_t number = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (problem != std::errc{} || end != text.data() + text.size()) (void)split_cursor("");  // throws
    return number;
}

}  // namespace

std::optional<Resource> PostgresResourceStore::find(Kind kind, std::string_view project,
                                                    std::string_view name) {
    return only_of(
        database_.read(std::string(kResource) + "WHERE r.kind = $1 AND r.project = $2 AND r.name_key = $3",
                       {to_string(kind), project, name_key(name)}));
}

std::optional<Resource> PostgresResourceStore::find(std::string_view id) {
    return only_of(database_.read(std::string(kResource) + "WHERE r.id = $1", {id}));
}

std::vector<Resource> PostgresResourceStore::list(const ResourceQuery& query) {
    std::vector<Value> values{to_string(query.kind)};
    auto sql = std::string(kResource) + "WHERE r.kind = $1";
    // `condition` holds {} where the number of its parameter goes.
    const auto where = [&](std::string_view condition, Value value) {
        values.push_back(std::move(value));
        sql += " AND " + fmt::format(fmt::runtime(condition), values.size());
    };
    if (!query.projects.empty()) where("r.project = ANY (${}::text[])", Value::list(query.projects));
    if (!query.text.empty()) where("strpos(r.name_key, ${}) > 0", name_key(query.text));
    if (!query.tag.empty()) where("${} = ANY (r.tags)", query.tag);
    if (query.enabled) where("r.enabled = ${}", *query.enabled);
    const auto column = column_of(query.order);
    if (!query.after.empty()) {
        const auto [key, id] = split_cursor(query.after);
        if (query.order == ResourceQuery::Order::name)
            values.emplace_back(key);
        else
            values.emplace_back(number_in_cursor(key));
        values.emplace_back(id);
        sql += fmt::format(" AND ({}, r.id) {} (${}, ${})", column, query.descending ? "<" : ">",
                           values.size() - 1, values.size());
    }
    const auto* direction = query.descending ? "DESC" : "ASC";
    sql += fmt::format(" ORDER BY {0} {1}, r.id {1}", column, direction);
    if (query.limit > 0) {
        values.emplace_back(query.limit);
        sql += fmt::format(" LIMIT ${}", values.size());
    }
    return resources_of(database_.read(sql, values));
}

std::vector<std::string> PostgresResourceStore::names(Kind kind, std::string_view project) {
    std::vector<std::string> found;
    for (const auto row :
         database_.read("SELECT name FROM resource WHERE kind = $1 AND project = $2 ORDER BY name_key",
                        {to_string(kind), project}))
        found.emplace_back(row.text(0));
    return found;
}

void PostgresResourceStore::apply(std::span<const ResourceChange> changes, std::string_view via) {
    database_.write([&](Transaction& transaction) {
        for (const auto& change : changes)
            apply_change(transaction, change, via);
    });
}

std::vector<Revision> PostgresResourceStore::revisions(std::string_view id) {
    const auto rows = database_.read(
        "SELECT kind, project, name, revision, enabled, array_to_json(tags), definition, at, by_whom, "
        "action, "
        "changed_secrets FROM audit WHERE resource = $1 AND resource <> '' ORDER BY revision",
        {id});
    std::vector<Revision> found;
    for (const auto row : rows) {
        Revision revision;
        auto& resource = revision.resource;
        resource.kind = catalog::parse_kind(row.text(0));
        resource.record.id = id;
        resource.record.project = row.text(1);
        resource.name = row.text(2);
        resource.record.revision = revision.number = row.number(3);
        resource.enabled = row.truth(4);
        resource.tags = to_list(row.text(5));
        resource.definition = to_object(row.text(6));
        resource.record.updated_at = to_time(row.number(7));
        resource.record.updated_by = row.text(8);
        revision.change = parse_change(row.text(9));
        revision.changed_secrets = to_list(row.text(10));
        found.push_back(std::move(revision));
    }
    return found;
}

std::vector<Resource> PostgresResourceStore::users_of(Kind kind, std::string_view project,
                                                      std::string_view name) {
    std::vector<Value> values{to_string(kind), name_key(name)};
    auto sql = std::string(kResource) +
               "WHERE EXISTS (SELECT 1 FROM resource_reference u "
               "WHERE u.resource = r.id AND u.kind = $1 AND u.name_key = $2)";
    if (project != catalog::kGlobalProject) {
        values.emplace_back(project);
        sql += " AND r.project = $3";
    }
    return resources_of(database_.read(sql + " ORDER BY r.kind, r.project, r.name_key", values));
}

}  // namespace fairlead::store::postgres

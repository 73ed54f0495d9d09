#include "store/postgres/resource_change.hpp"

#include <fmt/format.h>

#include "store/postgres/failure.hpp"
#include "store/resource_text.hpp"

namespace fairlead::store::postgres {
namespace {

using catalog::Resource;

std::string to_hex(std::string_view bytes) {
    std::string digits;
    for (const char c : bytes)
        digits += fmt::format("{:02x}", static_cast<unsigned char>(c));
    return digits;
}

void write_secrets(Transaction& transaction, const Resource& resource) {
    if (resource.sealed.empty()) return;
    std::vector<std::string> fields, sealed;
    for (const auto& [field, bytes] : resource.sealed) {
        fields.push_back(field);
        sealed.push_back(to_hex(bytes));
    }
    transaction.run(
        "INSERT INTO resource_secret (resource, field, sealed) "
        "SELECT $1, s.field, decode(s.sealed, 'hex') FROM unnest($2::text[], $3::text[]) AS s (field, "
        "sealed)",
        {resource.record.id, Value::list(fields), Value::list(sealed)});
}

void write_references(Transaction& transaction, const Resource& resource) {
    if (resource.references.empty()) return;
    std::vector<std::string> kinds, names, keys;
    for (const auto& reference : resource.references) {
        kinds.emplace_back(to_string(reference.kind));
        names.push_back(reference.name);
        keys.push_back(catalog::name_key(reference.name));
    }
    transaction.run(
        "INSERT INTO resource_reference (resource, kind, name, name_key) "
        "SELECT $1, f.kind, f.name, f.name_key FROM unnest($2::text[], $3::text[], $4::text[]) "
        "AS f (kind, name, name_key) ON CONFLICT DO NOTHING",
        {resource.record.id, Value::list(kinds), Value::list(names), Value::list(keys)});
}

void write_revision(Transaction& transaction, const ResourceChange& change, std::string_view via) {
    const auto& resource = change.resource;
    const auto& record = resource.record;
    transaction.run(
        "INSERT INTO audit (at, by_whom, via, action, kind, project, name, resource, revision, enabled, "
        "tags, "
        "definition, changed_secrets) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11::text[], $12, "
        "$13)",
        {to_number(record.updated_at), record.updated_by, via, to_string(change.change),
         to_string(resource.kind), record.project, resource.name, record.id,
         record.revision + (change.change == Change::remove ? 1 : 0), resource.enabled,
         Value::list(resource.tags), to_text(resource.definition), to_text(change.changed_secrets)});
}

void insert(Transaction& transaction, const Resource& resource) {
    const auto& record = resource.record;
    transaction.run(
        "INSERT INTO resource (id, kind, project, name, name_key, revision, enabled, tags, definition, "
        "created_at, "
        "updated_at, created_by, updated_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8::text[], $9, $10, $11, "
        "$12, $13)",
        {record.id, to_string(resource.kind), record.project, resource.name, catalog::name_key(resource.name),
         record.revision, resource.enabled, Value::list(resource.tags), to_text(resource.definition),
         to_number(record.created_at), to_number(record.updated_at), record.created_by, record.updated_by});
}

void update(Transaction& transaction, const Resource& resource) {
    const auto& record = resource.record;
    const auto rows = transaction.run(
        "UPDATE resource SET project = $2, name = $3, name_key = $4, revision = $5::bigint, enabled = $6, "
        "tags = $7::text[], definition = $8, updated_at = $9, updated_by = $10 "
        "WHERE id = $1 AND revision = $5::bigint - 1",
        {record.id, record.project, resource.name, catalog::name_key(resource.name), record.revision,
         resource.enabled, Value::list(resource.tags), to_text(resource.definition),
         to_number(record.updated_at), record.updated_by});
    if (rows.changed() == 0) throw is_stale(resource);
    transaction.run("DELETE FROM resource_secret WHERE resource = $1", {record.id});
    transaction.run("DELETE FROM resource_reference WHERE resource = $1", {record.id});
}

void remove(Transaction& transaction, const Resource& resource) {
    const auto rows = transaction.run("DELETE FROM resource WHERE id = $1 AND revision = $2",
                                      {resource.record.id, resource.record.revision});
    if (rows.changed() == 0) throw is_stale(resource);
}

}  // namespace

void apply_change(Transaction& transaction, const ResourceChange& change, std::string_view via) {
    const auto& resource = change.resource;
    if (change.change == Change::remove) {
        remove(transaction, resource);
        return write_revision(transaction, change, via);
    }
    try {
        if (resource.record.revision == 1)
            insert(transaction, resource);
        else
            update(transaction, resource);
    } catch (const Failure& failure) {
        if (failure.code != ErrorCode::already_exists) throw;
        throw name_is_taken(resource);
    }
    write_secrets(transaction, resource);
    write_references(transaction, resource);
    write_revision(transaction, change, via);
}

}  // namespace fairlead::store::postgres

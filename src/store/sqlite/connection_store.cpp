#include "store/sqlite/connection_store.hpp"

#include <fmt/format.h>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cctype>

#include "fairlead/error.hpp"

namespace fairlead::store::sqlite {
namespace {

namespace json = boost::json;

std::string name_key(std::string_view name) {
    std::string key(name);
    for (auto& c : key)
        c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return key;
}

std::string_view word_of(Change change) {
    switch (change) {
        case Change::create:
            return "create";
        case Change::update:
            return "update";
        case Change::rename:
            return "rename";
        case Change::enable:
            return "enable";
        case Change::disable:
            return "disable";
        case Change::remove:
            return "delete";
    }
    return "update";
}

std::int64_t to_number(Time time) {
    return time.time_since_epoch().count();
}
Time to_time(std::int64_t number) {
    return Time(std::chrono::milliseconds(number));
}

constexpr std::string_view kColumns =
    "SELECT id, project, revision, definition, created_at, updated_at, created_by, updated_by FROM "
    "connection ";

catalog::Connection connection_of(const Statement& row) {
    catalog::ConnectionPatch stored;
    stored.fields = json::parse(row.text(3)).as_object();
    std::vector<Fault> faults;
    auto connection = catalog::apply(catalog::Connection{}, stored, faults);
    if (!faults.empty())
        throw Error(ErrorCode::internal,
                    fmt::format("The stored definition of the connection '{}' is damaged in the "
                                "field {}.",
                                connection.name, faults.front().field));
    connection.record.id = row.text(0);
    connection.record.project = row.text(1);
    connection.record.revision = row.number(2);
    connection.record.created_at = to_time(row.number(4));
    connection.record.updated_at = to_time(row.number(5));
    connection.record.created_by = row.text(6);
    connection.record.updated_by = row.text(7);
    return connection;
}

std::string definition_of(const catalog::Connection& connection) {
    return json::serialize(catalog::fields_to_json(connection));
}

/// Runs a statement that may break the uniqueness of names.
void run_unique(Statement& statement, const catalog::Connection& connection) {
    try {
        statement.run();
    } catch (const Error& error) {
        if (error.code != ErrorCode::already_exists) throw;
        throw Error(ErrorCode::already_exists,
                    fmt::format("A connection '{}' is already in the project '{}'.", connection.name,
                                connection.record.project))
            .hinting(
                "choose another name (upper and lower case count as the same), or update the one that is "
                "there");
    }
}

[[noreturn]] void throw_stale(const catalog::Connection& connection) {
    throw Error(
        ErrorCode::conflict,
        fmt::format(
            "The connection '{}' was changed or deleted by somebody else meanwhile; nothing was changed.",
            connection.name))
        .hinting("look at it again and repeat the change");
}

}  // namespace

std::vector<catalog::Connection> SqliteConnectionStore::read(Statement& rows) {
    std::vector<catalog::Connection> found;
    while (rows.step())
        found.push_back(connection_of(rows));
    return found;
}

std::optional<catalog::Connection> SqliteConnectionStore::find(std::string_view project,
                                                               std::string_view name) {
    auto rows = database_.prepare(std::string(kColumns) + "WHERE project = ? AND name_key = ?");
    rows.bind(project).bind(name_key(name));
    auto found = read(rows);
    if (found.empty()) return std::nullopt;
    auto secrets = database_.prepare("SELECT field, sealed FROM connection_secret WHERE connection = ?");
    secrets.bind(found.front().record.id);
    while (secrets.step())
        found.front().sealed.emplace(secrets.text(0), secrets.blob(1));
    return std::move(found.front());
}

std::vector<catalog::Connection> SqliteConnectionStore::list(std::string_view project) {
    auto rows = database_.prepare(std::string(kColumns) + "WHERE project = ? ORDER BY name_key");
    rows.bind(project);
    auto found = read(rows);
    auto secrets = database_.prepare(
        "SELECT s.field, s.sealed, s.connection FROM connection c JOIN connection_secret s ON s.connection = "
        "c.id "
        "WHERE c.project = ? ORDER BY c.name_key");
    secrets.bind(project);
    auto owner = found.begin();  // both come in the order of names
    while (secrets.step()) {
        while (owner != found.end() && owner->record.id != secrets.text(2))
            ++owner;
        if (owner == found.end()) break;
        owner->sealed.emplace(secrets.text(0), secrets.blob(1));
    }
    return found;
}

std::vector<std::string> SqliteConnectionStore::names(std::string_view project) {
    auto rows = database_.prepare("SELECT name FROM connection WHERE project = ? ORDER BY name_key");
    rows.bind(project);
    std::vector<std::string> found;
    while (rows.step())
        found.emplace_back(rows.text(0));
    return found;
}

void SqliteConnectionStore::insert(const catalog::Connection& connection) {
    const auto& record = connection.record;
    Transaction transaction(database_);
    auto statement = database_.prepare(
        "INSERT INTO connection (id, project, name, name_key, revision, definition, created_at, updated_at, "
        "created_by, updated_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    statement.bind(record.id).bind(record.project).bind(connection.name).bind(name_key(connection.name));
    statement.bind(record.revision).bind(definition_of(connection));
    statement.bind(to_number(record.created_at)).bind(to_number(record.updated_at));
    statement.bind(record.created_by).bind(record.updated_by);
    run_unique(statement, connection);
    write_secrets(connection);
    write_revision(connection, Change::create, catalog::secrets_set(connection));
    transaction.commit();
}

void SqliteConnectionStore::update(const catalog::Connection& connection, Change change,
                                   const std::vector<std::string>& changed_secrets) {
    const auto& record = connection.record;
    Transaction transaction(database_);
    auto statement = database_.prepare(
        "UPDATE connection SET name = ?, name_key = ?, revision = ?, definition = ?, updated_at = ?, "
        "updated_by = ? "
        "WHERE id = ? AND revision = ? - 1");
    statement.bind(connection.name)
        .bind(name_key(connection.name))
        .bind(record.revision)
        .bind(definition_of(connection));
    statement.bind(to_number(record.updated_at)).bind(record.updated_by);
    statement.bind(record.id).bind(record.revision);
    run_unique(statement, connection);
    if (database_.changes() == 0) throw_stale(connection);
    write_secrets(connection);
    write_revision(connection, change, changed_secrets);
    transaction.commit();
}

void SqliteConnectionStore::remove(const catalog::Connection& connection, std::string_view by, Time at) {
    Transaction transaction(database_);
    auto statement = database_.prepare("DELETE FROM connection WHERE id = ? AND revision = ?");
    statement.bind(connection.record.id).bind(connection.record.revision).run();
    if (database_.changes() == 0) throw_stale(connection);
    auto last = connection;
    last.record.revision += 1;
    last.record.updated_at = at;
    last.record.updated_by = by;
    write_revision(last, Change::remove, {});
    transaction.commit();
}

void SqliteConnectionStore::write_secrets(const catalog::Connection& connection) {
    database_.prepare("DELETE FROM connection_secret WHERE connection = ?").bind(connection.record.id).run();
    for (const auto& [field, sealed] : connection.sealed)
        database_.prepare("INSERT INTO connection_secret (connection, field, sealed) VALUES (?, ?, ?)")
            .bind(connection.record.id)
            .bind(field)
            .bind_blob(sealed)
            .run();
}

void SqliteConnectionStore::write_revision(const catalog::Connection& connection, Change change,
                                           const std::vector<std::string>& changed_secrets) {
    const auto& record = connection.record;
    auto statement = database_.prepare(
        "INSERT INTO connection_revision (connection, revision, change, project, name, definition, "
        "changed_secrets, "
        "changed_at, changed_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
    statement.bind(record.id)
        .bind(record.revision)
        .bind(word_of(change))
        .bind(record.project)
        .bind(connection.name);
    statement.bind(definition_of(connection));
    statement.bind(json::serialize(json::array(changed_secrets.begin(), changed_secrets.end())));
    statement.bind(to_number(record.updated_at)).bind(record.updated_by).run();
}

std::vector<Revision> SqliteConnectionStore::history(std::string_view id) {
    auto rows = database_.prepare(
        "SELECT revision, change, name, changed_at, changed_by, definition, changed_secrets FROM "
        "connection_revision "
        "WHERE connection = ? ORDER BY revision");
    rows.bind(id);
    std::vector<Revision> found;
    while (rows.step()) {
        Revision revision;
        revision.number = rows.number(0);
        revision.change = rows.text(1);
        revision.name = rows.text(2);
        revision.at = to_time(rows.number(3));
        revision.by = rows.text(4);
        revision.fields = json::parse(rows.text(5)).as_object();
        const auto changed = json::parse(rows.text(6));
        for (const auto& field : changed.as_array())
            revision.changed_secrets.emplace_back(field.as_string());
        found.push_back(std::move(revision));
    }
    return found;
}

std::optional<std::string> SqliteSettingStore::get(std::string_view name) {
    auto rows = database_.prepare("SELECT value FROM setting WHERE name = ?");
    rows.bind(name);
    if (!rows.step()) return std::nullopt;
    return std::string(rows.text(0));
}

std::string SqliteSettingStore::set_once(std::string_view name, std::string_view value) {
    auto statement =
        database_.prepare("INSERT INTO setting (name, value) VALUES (?, ?) ON CONFLICT DO NOTHING");
    statement.bind(name).bind(value).run();
    return get(name).value_or("");
}

}  // namespace fairlead::store::sqlite

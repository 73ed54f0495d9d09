// Data of each earlier schema, and what becomes of it when a newer program opens the store.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/postgres/migrations.hpp"
#include "store/sqlite/migrations.hpp"
#include "store/store.hpp"
#include "support/postgres.hpp"
#include "support/temporary_folder.hpp"

namespace fairlead::store {
namespace {

using catalog::Kind;
using ::testing::ElementsAre;

/// A store of SQLite as a program left it that knew the first migrations only.
sqlite::Database sqlite_at(const std::string& path, int version) {
    sqlite::Database database(path);
    for (const auto& migration : sqlite::migrations())
        if (migration.version <= version) database.run(migration.sql);
    database.run(fmt::format("PRAGMA user_version = {}", version));
    return database;
}

TEST(Upgrade, of_the_first_schema_keeps_connections_with_their_secrets_and_history) {
    const test::TemporaryFolder folder;
    const auto path = (folder / "fairlead.db").string();
    sqlite_at(path, 1).run(
        "INSERT INTO setting VALUES ('secret_key_id', 'k');"
        "INSERT INTO connection VALUES ('id-1', 'shop', 'Partner', 'partner', 2, "
        "'{\"name\":\"Partner\",\"enabled\":false,\"tags\":[\"a\"],\"host\":\"h\"}', 10, 20, 'alice', 'bob');"
        "INSERT INTO connection_secret VALUES ('id-1', 'password', x'0102');"
        "INSERT INTO connection_revision VALUES ('id-1', 1, 'create', 'shop', 'Partner', '{\"host\":\"old\"}', "
        "'[\"password\"]', 10, 'alice'), ('id-1', 2, 'update', 'shop', 'Partner', '{\"host\":\"h\"}', '[]', 20, 'bob');");
    const auto store = open(path);
    EXPECT_EQ(store->schema_version(), sqlite::newest_version());
    EXPECT_EQ(store->settings().get("secret_key_id"), "k");
    const auto found = store->resources().find(Kind::connection, "shop", "PARTNER");
    ASSERT_TRUE(found);
    EXPECT_EQ(found->name, "Partner");
    EXPECT_FALSE(found->enabled);
    EXPECT_THAT(found->tags, ElementsAre("a"));
    EXPECT_EQ(found->definition.at("host"), "h");
    EXPECT_EQ(found->record.revision, 2);
    EXPECT_EQ(found->record.created_by, "alice");
    EXPECT_EQ(found->sealed.at("password"), "\x01\x02");
    const auto revisions = store->resources().revisions("id-1");
    ASSERT_EQ(revisions.size(), 2u);
    EXPECT_EQ(revisions[0].resource.definition.at("host"), "old");
    EXPECT_THAT(revisions[0].changed_secrets, ElementsAre("password"));
}

/// What every schema from the second on can hold, in words that both engines know; tags differ.
std::string things(const std::string& tags) {
    return fmt::format(
        "INSERT INTO resource (id, kind, project, name, name_key, revision, enabled, tags, definition, created_at, "
        "updated_at, created_by, updated_by) VALUES ('id-1', 'connection', 'shop', 'Partner', 'partner', 1, {}, '{}', "
        "'{{\"host\":\"h\"}}', 10, 20, 'alice', 'bob');"
        "INSERT INTO resource_reference (resource, kind, name, name_key) VALUES ('id-1', 'variable', 'v', 'v');"
        "INSERT INTO audit (at, by_whom, via, action, kind, project, name, resource, revision, enabled, tags, definition, "
        "changed_secrets) VALUES (10, 'alice', 'cli', 'create', 'connection', 'shop', 'Partner', 'id-1', 1, {}, '{}', "
        "'{{\"host\":\"h\"}}', '[]')",
        tags == "[]" ? "1" : "true", tags, tags == "[]" ? "1" : "true", tags);
}

void expect_kept(const std::string& where, int version) {
    SCOPED_TRACE(version);
    const auto store = open(where);
    const auto found = store->resources().find(Kind::connection, "shop", "partner");
    ASSERT_TRUE(found);
    EXPECT_EQ(found->definition.at("host"), "h");
    EXPECT_EQ(found->references.size(), 1u);
    EXPECT_EQ(store->resources().revisions("id-1").size(), 1u);
    EXPECT_EQ(store->resources().names(Kind::environment, "global").size(), 3u);
}

TEST(Upgrade, of_each_later_schema_keeps_what_is_stored_on_SQLite) {
    const test::TemporaryFolder folder;
    for (const auto& migration : sqlite::migrations()) {
        if (migration.version < 2) continue;
        const auto path = (folder / migration.name).string();
        sqlite_at(path, migration.version).run(things("[]"));
        expect_kept(path, migration.version);
        sqlite::Database database(path);
        auto rows = database.prepare("PRAGMA integrity_check");
        ASSERT_TRUE(rows.step());
        EXPECT_EQ(rows.text(0), "ok") << migration.name;
    }
}

TEST(Upgrade, of_each_later_schema_keeps_what_is_stored_on_PostgreSQL) {
    std::vector<Migration> known;
    for (const auto& migration : postgres::migrations()) {
        known.push_back(migration);
        const test::PostgresDatabase place;
        postgres::Database database(postgres::Address(place.url()));
        postgres::migrate(database, known);
        database.write_unmarked([](postgres::Transaction& transaction) { transaction.run_script(things("{}")); });
        expect_kept(place.url(), migration.version);
    }
}

}  // namespace
}  // namespace fairlead::store

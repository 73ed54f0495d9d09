#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "fairlead/error.hpp"
#include "store/sqlite/connection_store.hpp"
#include "store/sqlite/migrations.hpp"
#include "support/temporary_folder.hpp"

namespace fairlead::store {
namespace {

using catalog::Connection;
using ::testing::ElementsAre;

class ConnectionStoreTest : public ::testing::Test {
  protected:
    ConnectionStoreTest() : database_((folder_ / "fairlead.db").string()), store_(database_) {
        sqlite::migrate(database_);
    }

    Connection insert(const std::string& name, const std::string& project = "default") {
        Connection connection;
        connection.name = name;
        connection.host = "h";
        connection.record.id = catalog::make_id();
        connection.record.project = project;
        connection.record.revision = 1;
        connection.record.created_by = connection.record.updated_by = "alice";
        connection.sealed["password"] = std::string("\x01\0sealed", 8);
        store_.insert(connection);
        return connection;
    }

    template <class Work>
    ErrorCode code_of(Work work) {
        try {
            work();
        } catch (const Error& error) {
            return error.code;
        }
        return ErrorCode::internal;
    }

    test::TemporaryFolder folder_;
    sqlite::Database database_;
    sqlite::SqliteConnectionStore store_;
};

TEST_F(ConnectionStoreTest, finds_by_name_without_regard_to_case_and_keeps_the_case) {
    const auto stored = insert("My-FTP");
    const auto found = store_.find("default", "my-ftp");
    ASSERT_TRUE(found);
    EXPECT_EQ(found->name, "My-FTP");
    EXPECT_EQ(found->record.id, stored.record.id);
    EXPECT_EQ(found->record.created_by, "alice");
    EXPECT_EQ(found->sealed, stored.sealed);
    EXPECT_FALSE(store_.find("other", "My-FTP"));
}

TEST_F(ConnectionStoreTest, refuses_a_name_that_differs_only_in_case_and_stores_nothing_of_it) {
    insert("partner");
    EXPECT_EQ(code_of([&] { insert("PARTNER"); }), ErrorCode::already_exists);
    EXPECT_THAT(store_.names("default"), ElementsAre("partner"));
    EXPECT_NO_THROW(insert("partner", "other"));
}

TEST_F(ConnectionStoreTest, lists_by_name_with_each_ones_own_secrets) {
    auto b = insert("b");
    insert("C");
    insert("a");
    b.sealed.clear();
    b.record.revision = 2;
    store_.update(b, Change::update, {"password"});
    const auto listed = store_.list("default");
    ASSERT_EQ(listed.size(), 3u);
    EXPECT_EQ(listed[0].name, "a");
    EXPECT_EQ(listed[0].sealed.size(), 1u);
    EXPECT_EQ(listed[1].sealed.size(), 0u);
    EXPECT_EQ(listed[2].name, "C");
    EXPECT_EQ(listed[2].sealed.size(), 1u);
}

TEST_F(ConnectionStoreTest, refuses_a_stale_change_and_a_stale_deletion) {
    auto mine = insert("partner");
    auto theirs = mine;
    mine.record.revision = 2;
    mine.host = "mine";
    store_.update(mine, Change::update, {});
    theirs.record.revision = 2;
    theirs.host = "theirs";
    EXPECT_EQ(code_of([&] { store_.update(theirs, Change::update, {}); }), ErrorCode::conflict);
    theirs.record.revision = 1;
    EXPECT_EQ(code_of([&] { store_.remove(theirs, "bob", Time{}); }), ErrorCode::conflict);
    EXPECT_EQ(store_.find("default", "partner")->host, "mine");
}

TEST_F(ConnectionStoreTest, refuses_to_rename_onto_another_and_leaves_both) {
    auto a = insert("a");
    insert("b");
    a.name = "B";
    a.record.revision = 2;
    EXPECT_EQ(code_of([&] { store_.update(a, Change::rename, {}); }), ErrorCode::already_exists);
    EXPECT_THAT(store_.names("default"), ElementsAre("a", "b"));
    EXPECT_EQ(store_.find("default", "a")->record.revision, 1);
}

TEST_F(ConnectionStoreTest, records_every_change_and_keeps_the_record_after_deletion) {
    auto connection = insert("partner");
    connection.record.revision = 2;
    connection.record.updated_by = "bob";
    connection.host = "h2";
    store_.update(connection, Change::update, {"password"});
    store_.remove(connection, "carol", Time(std::chrono::milliseconds(5)));
    EXPECT_FALSE(store_.find("default", "partner"));
    const auto history = store_.history(connection.record.id);
    ASSERT_EQ(history.size(), 3u);
    EXPECT_EQ(history[0].change, "create");
    EXPECT_EQ(history[0].fields.at("host"), "h");
    EXPECT_EQ(history[1].by, "bob");
    EXPECT_EQ(history[1].fields.at("host"), "h2");
    EXPECT_THAT(history[1].changed_secrets, ElementsAre("password"));
    EXPECT_EQ(history[2].change, "delete");
    EXPECT_EQ(history[2].by, "carol");
}

TEST_F(ConnectionStoreTest, takes_the_secrets_away_with_the_connection) {
    const auto connection = insert("partner");
    store_.remove(connection, "bob", Time{});
    auto rows = database_.prepare("SELECT count(*) FROM connection_secret");
    rows.step();
    EXPECT_EQ(rows.number(0), 0);
}

TEST_F(ConnectionStoreTest, is_one_for_two_processes) {
    sqlite::Database other_database((folder_ / "fairlead.db").string());
    sqlite::migrate(other_database);
    sqlite::SqliteConnectionStore other(other_database);
    insert("partner");
    EXPECT_TRUE(other.find("default", "partner"));
}

TEST(SqliteDatabase, is_for_its_owner_only) {
    test::TemporaryFolder folder;
    const auto path = (folder / "fairlead.db").string();
    sqlite::Database database(path);
    sqlite::migrate(database);
    for (const auto* suffix : {"", "-wal", "-shm"}) {
        struct stat facts {};
        ASSERT_EQ(::stat((path + suffix).c_str(), &facts), 0) << suffix;
        EXPECT_EQ(facts.st_mode & 0777, 0600u) << suffix;
    }
}

TEST(SqliteDatabase, of_a_newer_schema_is_refused_naming_both_versions_and_stays_as_it_is) {
    test::TemporaryFolder folder;
    const auto path = (folder / "fairlead.db").string();
    sqlite::Database database(path);
    sqlite::migrate(database);
    database.run("PRAGMA user_version = 4711");
    try {
        sqlite::migrate(database);
        FAIL() << "accepted";
    } catch (const Error& error) {
        EXPECT_EQ(error.code, ErrorCode::conflict);
        EXPECT_THAT(error.message, ::testing::HasSubstr("4711"));
        EXPECT_THAT(error.message, ::testing::HasSubstr(std::to_string(sqlite::newest_version())));
    }
    EXPECT_EQ(sqlite::version_of(database), 4711);
}

TEST(SqliteDatabase, rolls_a_transaction_back_unless_it_is_committed) {
    test::TemporaryFolder folder;
    sqlite::Database database((folder / "x.db").string());
    database.run("CREATE TABLE t (n INTEGER) STRICT");
    {
        sqlite::Transaction transaction(database);
        database.run("INSERT INTO t VALUES (1)");
    }
    {
        sqlite::Transaction transaction(database);
        database.run("INSERT INTO t VALUES (2)");
        transaction.commit();
    }
    auto rows = database.prepare("SELECT n FROM t");
    ASSERT_TRUE(rows.step());
    EXPECT_EQ(rows.number(0), 2);
    EXPECT_FALSE(rows.step());
}

TEST(Migrations, are_numbered_without_a_gap) {
    int expected = 1;
    for (const auto& migration : sqlite::migrations())
        EXPECT_EQ(migration.version, expected++) << migration.name;
}

}  // namespace
}  // namespace fairlead::store

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "fairlead/error.hpp"
#include "store/sqlite/database.hpp"
#include "store/sqlite/migrations.hpp"
#include "support/temporary_folder.hpp"

namespace fairlead::store {
namespace {

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

TEST(Migrations, are_in_the_order_of_their_numbers) {
    int before = 0;
    for (const auto& migration : sqlite::migrations()) {
        EXPECT_GT(migration.version, before);
        before = migration.version;
    }
    EXPECT_EQ(before, sqlite::newest_version());
}

TEST(SqliteDatabase, another_process_that_comes_and_goes_leaves_the_log_of_those_that_stay) {
    const test::TemporaryFolder folder;
    const auto path = (folder / "fairlead.db").string();
    sqlite::Database first(path);
    first.run("CREATE TABLE kept (number INTEGER)");
    sqlite::Database second(path);  // as a daemon has several
    const auto child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        {
            sqlite::Database visitor(path);
            visitor.run("INSERT INTO kept VALUES (1)");
        }
        ::_exit(0);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(std::filesystem::exists(path + "-wal"));
    first.run("INSERT INTO kept VALUES (2)");
    sqlite::Database third(path);
    auto rows = third.prepare("SELECT count(*) FROM kept");
    ASSERT_TRUE(rows.step());
    EXPECT_EQ(rows.number(0), 2);
}

}  // namespace
}  // namespace fairlead::store

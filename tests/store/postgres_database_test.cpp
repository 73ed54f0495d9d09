#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <latch>
#include <thread>

#include "postgres_support.hpp"
#include "store/postgres/failure.hpp"

namespace fairlead::store::postgres {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class PostgresDatabaseTest : public ::testing::Test {
  protected:
    PostgresDatabaseTest() { migrate(database_, counters()); }

    test::PostgresDatabase place_;
    Database database_{Address(place_.url())};
};

TEST_F(PostgresDatabaseTest, values_come_back_as_they_were_given) {
    const std::string text = "it's \"quoted\" \\ $1; DROP TABLE counter; -- ğüş";
    const std::string bytes("\x00\xff\\x'\x01", 6);
    database_.write([&](Transaction& transaction) {
        transaction.run("INSERT INTO counter (name, value, note, raw) VALUES ($1, $2, $3, $4)",
                        {text, std::int64_t{9'007'199'254'740'993}, std::nullopt, Value::bytes(bytes)});
    });
    const std::vector<std::string> names{"other", text, "with,comma", "with\"quote"};
    const auto rows = database_.read(
        "SELECT name, value, note, raw FROM counter WHERE name = ANY ($1::text[])", {Value::list(names)});
    ASSERT_EQ(rows.size(), 1);
    EXPECT_EQ(rows[0].text(0), text);
    EXPECT_EQ(rows[0].number(1), 9'007'199'254'740'993);
    EXPECT_TRUE(rows[0].is_null(2));
    EXPECT_EQ(rows[0].bytes(3), bytes);
}

TEST_F(PostgresDatabaseTest, a_broken_uniqueness_is_already_exists_and_the_connection_stays) {
    const auto insert = [&] {
        database_.write([](Transaction& transaction) {
            transaction.run("INSERT INTO counter (name, value) VALUES ('a', 1)");
        });
    };
    insert();
    EXPECT_EQ(error_of(insert).code, ErrorCode::already_exists);
    EXPECT_EQ(counted(database_, "a"), 1);
}

TEST_F(PostgresDatabaseTest, what_throws_leaves_nothing) {
    const auto error = error_of([&] {
        database_.write([](Transaction& transaction) {
            transaction.run("INSERT INTO counter (name, value) VALUES ('a', 1)");
            throw Error(ErrorCode::conflict, "thought better of it");
        });
    });
    EXPECT_EQ(error.message, "thought better of it");
    EXPECT_EQ(counted(database_, "a"), 0);
}

TEST_F(PostgresDatabaseTest, of_two_in_a_deadlock_the_one_that_loses_is_done_again) {
    database_.write([](Transaction& transaction) {
        transaction.run("INSERT INTO counter (name, value) VALUES ('a', 0), ('b', 0)");
    });
    std::latch both(2);
    const auto change = [&](const std::string& first, const std::string& second) {
        Database mine{Address(place_.url())};
        int runs = 0;
        mine.write([&](Transaction& transaction) {
            transaction.run("UPDATE counter SET value = value + 1 WHERE name = $1", {first});
            if (runs++ == 0) both.arrive_and_wait();  // each holds what the other wants next
            transaction.run("UPDATE counter SET value = value + 1 WHERE name = $1", {second});
        });
        return runs;
    };
    int runs_of_other = 0;
    std::thread other([&] { runs_of_other = change("b", "a"); });
    const int runs = change("a", "b");
    other.join();
    EXPECT_EQ(runs + runs_of_other, 3);
    EXPECT_EQ(counted(database_, "a"), 2);
    EXPECT_EQ(counted(database_, "b"), 2);
}

TEST_F(PostgresDatabaseTest, reading_together_sees_one_state) {
    count(database_, "a");
    Database other{Address(place_.url())};
    const auto values = database_.read_together([&](Transaction& transaction) {
        const auto first = transaction.run("SELECT value FROM counter WHERE name = 'a'")[0].number(0);
        count(other, "a");
        return std::pair(first, transaction.run("SELECT value FROM counter WHERE name = 'a'")[0].number(0));
    });
    EXPECT_EQ(values, std::pair(std::int64_t{1}, std::int64_t{1}));
    EXPECT_EQ(counted(database_, "a"), 2);
}

TEST_F(PostgresDatabaseTest, a_statement_that_takes_too_long_is_ended_by_the_server) {
    Database database{Address(place_.url() + "?options=-cstatement_timeout%3D50")};
    const auto error = error_of([&] { database.read("SELECT pg_sleep(20)"); });
    EXPECT_EQ(error.code, ErrorCode::timeout);
    EXPECT_EQ(database.read("SELECT 1").size(), 1);
}

TEST_F(PostgresDatabaseTest, each_transaction_leaves_one_mark_and_takes_the_one_before_along) {
    for (int i = 0; i < 5; ++i)
        count(database_, "a");
    EXPECT_EQ(database_.read("SELECT count(*) FROM commit_mark")[0].number(0), 1);
}

TEST_F(PostgresDatabaseTest, a_notification_wakes_who_waits) {
    using namespace std::chrono_literals;
    EXPECT_FALSE(database_.await_notification("fairlead_test", 0ms));  // listens from here on
    Database other{Address(place_.url())};
    other.write([](Transaction& transaction) { transaction.run("SELECT pg_notify('fairlead_test', '')"); });
    EXPECT_TRUE(database_.await_notification("fairlead_test", 10s));
    EXPECT_FALSE(database_.await_notification("fairlead_test", 0ms));
}

TEST(PostgresMigration, a_newer_schema_is_refused_naming_both_versions) {
    test::PostgresDatabase place;
    Database database{Address(place.url())};
    auto newer = counters();
    newer.push_back({7, "0007_more", "CREATE TABLE more (name text)"});
    migrate(database, newer);
    EXPECT_EQ(version_of(database), 7);
    const auto error = error_of([&] { migrate(database, counters()); });
    EXPECT_EQ(error.code, ErrorCode::conflict);
    EXPECT_THAT(error.message, HasSubstr("version 7"));
    EXPECT_THAT(error.message, HasSubstr("up to 1"));
    EXPECT_EQ(version_of(database), 7);
}

TEST(PostgresMigration, one_that_fails_leaves_the_version_before_whole) {
    test::PostgresDatabase place;
    Database database{Address(place.url())};
    migrate(database, counters());
    auto broken = counters();
    broken.push_back({2, "0002_good", "CREATE TABLE good (name text)"});
    broken.push_back({3, "0003_bad", "CREATE TABLE worse (name text); SELECT 1 / 0"});
    EXPECT_THROW(migrate(database, broken), Error);
    EXPECT_EQ(version_of(database), 1);
    EXPECT_TRUE(database.read("SELECT to_regclass('good')")[0].is_null(0));
}

TEST(PostgresMigration, several_programs_may_start_at_once) {
    test::PostgresDatabase place;
    std::latch all(4);
    std::vector<std::string> failures(4);
    std::vector<std::thread> threads;
    for (auto& failure : failures)
        threads.emplace_back([&] {
            all.arrive_and_wait();
            failure = error_of([&] {
                          Database database{Address(place.url())};
                          migrate(database, counters());
                          count(database, "a");
                      }).message;
        });
    for (auto& thread : threads)
        thread.join();
    for (const auto& failure : failures)
        EXPECT_EQ(failure, "nothing");
    Database database{Address(place.url())};
    EXPECT_EQ(counted(database, "a"), 4);
}

TEST(PostgresAddress, is_shown_without_the_password) {
    const Address address("postgresql://alice:s3cret%40@db1.example,db2.example:6432/files?sslmode=require");
    EXPECT_EQ(address.shown(), "postgresql://alice@db1.example,db2.example:6432/files");
    EXPECT_EQ(Address("postgresql:///files?password=s3cret").shown(), "postgresql:///files");
}

TEST(PostgresAddress, one_that_cannot_be_understood_is_not_repeated) {
    const auto error = error_of([] { Address("postgresql://alice:s3c%ret@host/files"); });
    EXPECT_EQ(error.code, ErrorCode::invalid_argument);
    EXPECT_THAT(all_of(error), Not(HasSubstr("s3c")));
    EXPECT_THAT(error.hint, HasSubstr("%40"));
}

TEST(PostgresAddress, other_machines_are_verified_and_this_one_need_not_be) {
    const auto mode = [](std::string_view url) -> std::string {
        for (const auto& [keyword, value] : Address(url).parameters())
            if (keyword == "sslmode") return value;
        return "";
    };
    EXPECT_EQ(mode("postgresql://db.example/files"), "verify-full");
    EXPECT_EQ(mode("postgresql://127.0.0.1,db.example/files"), "verify-full");
    EXPECT_EQ(mode("postgresql://db.example/files?sslmode=disable"), "disable");
    EXPECT_EQ(mode("postgresql://127.0.0.1,localhost/files"), "");
    EXPECT_EQ(mode("postgresql:///files?host=/run/postgresql"), "");
}

TEST(PostgresConnect, a_wrong_password_is_authentication_failed_and_shows_none) {
    const auto& server = test::Postgres::shared();
    Database database{
        Address("postgresql://fairlead:wr0ng-one@127.0.0.1:" + std::to_string(server.port()) + "/fairlead")};
    const auto error = error_of([&] { database.read("SELECT 1"); });
    EXPECT_EQ(error.code, ErrorCode::authentication_failed);
    EXPECT_THAT(all_of(error), Not(HasSubstr("wr0ng-one")));
    EXPECT_THAT(error.message, HasSubstr("postgresql://fairlead@127.0.0.1"));
}

TEST(PostgresConnect, a_database_that_is_not_there_is_not_found) {
    Database database{Address(test::Postgres::shared().url("nothing_here"))};
    const auto error = error_of([&] { database.read("SELECT 1"); });
    EXPECT_EQ(error.code, ErrorCode::not_found);
    EXPECT_THAT(error.hint, HasSubstr("createdb"));
}

TEST(PostgresConnect, nobody_on_the_port_is_connection_refused_at_once) {
    Database database{Address("postgresql://fairlead@127.0.0.1:1/fairlead")};
    EXPECT_EQ(error_of([&] { database.read("SELECT 1"); }).code, ErrorCode::connection_refused);
}

TEST(PostgresConnect, a_certificate_is_verified_and_an_unknown_one_is_refused) {
    test::Postgres server({"tls=explicit"});
    const auto& ca = server.server()["ca"];
    Database verified{Address(server.url() + "?sslmode=verify-full&sslrootcert=" + ca)};
    EXPECT_TRUE(verified.read("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")[0].truth(0));
    Database unknown{Address(
        server.url() + "?sslmode=verify-full&sslrootcert=" + (test::certificates() / "ca.pem").string())};
    EXPECT_EQ(error_of([&] { unknown.read("SELECT 1"); }).code, ErrorCode::certificate_untrusted);
    Database clear{Address(server.url() + "?sslmode=disable")};
    EXPECT_EQ(error_of([&] { clear.read("SELECT 1"); }).code, ErrorCode::authentication_failed);
}

}  // namespace
}  // namespace fairlead::store::postgres

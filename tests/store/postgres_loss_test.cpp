// What becomes of changes when servers and connections go: each is there once, or said not to be.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "postgres_support.hpp"
#include "support/cut_proxy.hpp"

namespace fairlead::store::postgres {
namespace {

using namespace std::chrono_literals;
using test::Cut;
using test::CutProxy;

constexpr Patience kShort{.first = 20s, .again = 60s, .answer = 1500ms};

CutProxy proxy_to(const test::Postgres& server) {
    return CutProxy(CutProxy::Target{.port = server.port()});
}

TEST(PostgresLoss, a_server_that_was_restarted_between_two_calls_is_not_noticed) {
    test::Postgres server;
    Database database{Address(server.url())};
    migrate(database, counters());
    count(database, "a");
    server.restart();
    EXPECT_EQ(counted(database, "a"), 1);
    server.restart();
    count(database, "a");
    EXPECT_EQ(counted(database, "a"), 2);
}

TEST(PostgresLoss, the_server_is_killed_among_changes_and_none_is_lost_or_done_twice) {
    test::Postgres server;
    Database database{Address(server.url())};
    migrate(database, counters());
    std::atomic<int> done = 0;
    std::atomic<bool> stop = false;
    std::string failure = "nothing";
    std::thread writer([&] {
        failure = error_of([&] {
                      while (!stop) {
                          count(database, "a");
                          ++done;
                          done.notify_all();
                      }
                  }).message;
        done = -1;
        done.notify_all();
    });
    const auto await_more = [&] {
        for (int seen = done, until = seen + 20; seen >= 0 && seen < until; seen = done)
            done.wait(seen);
    };
    for (int kills = 0; kills < 3; ++kills) {
        await_more();
        server.kill();
        server.restart();
    }
    await_more();
    const int before = done;
    stop = true;
    writer.join();
    EXPECT_EQ(failure, "nothing");
    Database other{Address(server.url())};
    EXPECT_GE(counted(other, "a"), before);
    EXPECT_LE(counted(other, "a"), before + 1);
}

TEST(PostgresLoss, the_second_host_of_the_url_is_used_when_it_has_become_the_primary) {
    test::Postgres primary;
    test::Postgres standby({"standby_of=" + primary.folder()});
    auto url = primary.url();
    url.insert(url.rfind('/'), ",127.0.0.1:" + std::to_string(standby.port()));
    Database database{Address(url)};
    migrate(database, counters());
    count(database, "a");
    // Until the standby has what was committed.
    Database follower{Address(standby.url() + "?target_session_attrs=any")};
    const auto written = database.read("SELECT pg_current_wal_lsn()");
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (!follower.read("SELECT pg_last_wal_replay_lsn() >= $1::pg_lsn", {written[0].text(0)})[0].truth(0))
        ASSERT_LT(std::chrono::steady_clock::now(), deadline);
    primary.kill();
    std::thread promotion([&] { standby.promote(); });
    count(database, "a");  // finds no primary at first, and waits for one
    promotion.join();
    EXPECT_EQ(counted(database, "a"), 2);
    EXPECT_EQ(database.read("SELECT inet_server_port()")[0].number(0), standby.port());
}

TEST(PostgresLoss, without_any_server_an_error_says_so_in_time) {
    test::Postgres server;
    Database database{Address(server.url()), {.first = 1s, .again = 1s, .answer = 1s}};
    migrate(database, counters());
    server.kill();
    Error error(ErrorCode::internal, "nothing");
    while (error.message == "nothing")  // the server's processes end one after the other
        error = error_of([&] { counted(database, "a"); });
    EXPECT_EQ(error.code, ErrorCode::connection_refused);
    EXPECT_TRUE(error.retryable());
    server.restart();
    EXPECT_EQ(counted(database, "a"), 0);
}

/// One change over a connection that is cut at one byte; the connections after it are not.
void count_with_cut(CutProxy& proxy, const test::PostgresDatabase& place, const std::string& name, Cut cut) {
    proxy.pass_all();
    Database database{Address(place.url_at(proxy.host(), proxy.port()) +
                              "?sslmode=disable&connect_timeout=2&"
                              "options=-cidle_in_transaction_session_timeout%3D100"),
                      kShort};
    counted(database, name);  // the connection is there
    proxy.set(cut);
    // set() reset what was open: this notices, and goes on with a connection that is cut.
    count(database, name);
}

class PostgresCut : public ::testing::TestWithParam<std::tuple<Cut::Way, Cut::Kind>> {};

TEST_P(PostgresCut, at_any_byte_a_change_is_there_exactly_once) {
    const auto [way, kind] = GetParam();
    test::PostgresDatabase place;
    Database observer{Address(place.url())};
    migrate(observer, counters());
    auto proxy = proxy_to(test::Postgres::shared());
    // How many bytes a change takes, log-in included: counted in the marks of the one that is not cut.
    count_with_cut(proxy, place, "whole",
                   Cut{.channel = Cut::Channel::control, .way = way, .offset = 1'000'000});
    const auto carried = proxy.carried().at(0);
    const auto size = way == Cut::Way::to_server ? carried.to_server : carried.to_client;
    ASSERT_GT(size, 300u);
    // Near the end are the statements, mark and COMMIT: each byte there; the log-in before it only here and
    // there.
    const auto thorough = size > 420 ? size - 420 : 0;
    const std::uint64_t step = kind == Cut::Kind::stall ? 61 : 3;
    int happened = 0;
    for (std::uint64_t offset = 1; offset < size; offset += offset < thorough ? 97 : step) {
        const auto name = std::to_string(offset);
        const auto error = error_of([&] {
            count_with_cut(proxy, place, name,
                           Cut{.channel = Cut::Channel::control, .way = way, .offset = offset, .kind = kind});
        });
        ASSERT_EQ(all_of(error), "nothing|||") << "cut after " << offset << " of " << size << " bytes";
        if (proxy.happened()) ++happened;
        ASSERT_EQ(counted(observer, name), 1) << "cut after " << offset << " of " << size << " bytes";
    }
    EXPECT_GT(happened, 10);
}

INSTANTIATE_TEST_SUITE_P(, PostgresCut,
                         ::testing::Combine(::testing::Values(Cut::Way::to_server, Cut::Way::to_client),
                                            ::testing::Values(Cut::Kind::reset, Cut::Kind::finish,
                                                              Cut::Kind::stall)),
                         [](const auto& info) {
                             const auto way =
                                 std::get<0>(info.param) == Cut::Way::to_server ? "to_server" : "to_client";
                             const auto kind = std::get<1>(info.param) == Cut::Kind::reset    ? "reset"
                                               : std::get<1>(info.param) == Cut::Kind::finish ? "finish"
                                                                                              : "stall";
                             return std::string(way) + "_" + kind;
                         });

/// Commits of the tests' changes wait, at the server, for as long as somebody else holds a lock.
class HeldCommit {
  public:
    explicit HeldCommit(const std::string& url) : link_(Address(url)) {
        run("CREATE FUNCTION held() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM "
            "pg_advisory_xact_lock_shared(1); RETURN NULL; END $$");
        run("CREATE CONSTRAINT TRIGGER held AFTER INSERT OR UPDATE ON counter DEFERRABLE INITIALLY DEFERRED "
            "FOR EACH ROW EXECUTE FUNCTION held()");
        run("SELECT pg_advisory_lock(1)");
    }
    Rows run(const std::string& sql) { return link_.run(sql, {}, 10s); }
    void release() { run("SELECT pg_advisory_unlock(1)"); }
    /// Until a commit waits for the lock, and (with `asked`) until another transaction waits for its outcome.
    void await(bool asked = false) {
        const auto deadline = std::chrono::steady_clock::now() + 10s;
        const auto waiting = [&](const std::string& event) {
            return run("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND "
                       "wait_event = '" +
                       event + "'")[0]
                       .number(0) > 0;
        };
        while (!waiting("advisory") || (asked && !waiting("transactionid")))
            if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error("no commit is waiting");
    }

  private:
    Link link_;
};

TEST(PostgresLoss, a_commit_that_is_still_under_way_is_waited_for_and_not_done_twice) {
    test::PostgresDatabase place;
    Database observer{Address(place.url())};
    migrate(observer, counters());
    HeldCommit held(place.url());
    auto proxy = proxy_to(test::Postgres::shared());
    std::thread writer([&] {
        Database database{Address(place.url_at(proxy.host(), proxy.port()))};
        count(database, "a");
    });
    held.await();
    proxy.pass_all();  // resets what is open
    held.await(true);
    held.release();
    writer.join();
    EXPECT_EQ(counted(observer, "a"), 1);
}

TEST(PostgresLoss, a_change_that_nobody_can_be_asked_about_is_said_to_be_in_doubt) {
    test::Postgres server;
    Database database{Address(server.url()), {.first = 1s, .again = 1s, .answer = 20s}};
    migrate(database, counters());
    HeldCommit held(server.url());
    Error error(ErrorCode::internal, "nothing");
    std::thread writer([&] { error = error_of([&] { count(database, "a"); }); });
    held.await();
    server.kill();
    writer.join();
    EXPECT_EQ(error.code, ErrorCode::connection_lost);
    EXPECT_THAT(error.message, ::testing::HasSubstr("in doubt"));
    EXPECT_FALSE(error.retryable());
}

}  // namespace
}  // namespace fairlead::store::postgres

#include "any_store.hpp"

#include <condition_variable>
#include <latch>
#include <mutex>
#include <thread>

#include "store/node_store.hpp"

namespace fairlead::store {
namespace {

using catalog::Kind;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class StoreTest : public AnyStore {
  protected:
    std::vector<std::string> actions(const AuditQuery& query) {
        std::vector<std::string> found;
        for (const auto& entry : store().audit().list(query))
            found.push_back(entry.action + " " + entry.name);
        return found;
    }
};

INSTANTIATE_TEST_SUITE_P(, StoreTest, ::testing::Values("sqlite", "postgres"),
                         [](const auto& info) { return info.param; });

TEST_P(StoreTest, the_audit_has_each_change_newest_first_and_filters) {
    const auto a = insert("a");
    insert(resource("b", "other"));
    const auto later = next(a);
    resources().apply({Change::update, later, {}}, "api");
    AuditEntry event;
    event.at = later.record.updated_at;
    event.by = "carol";
    event.via = "api";
    event.action = "log-in refused";
    event.detail = {{"address", "127.0.0.1"}};
    store().audit().record(event);
    EXPECT_THAT(actions({}), ElementsAre("log-in refused ", "update a", "create b", "create a"));
    EXPECT_THAT(actions({.project = "default"}), ElementsAre("update a", "create a"));
    EXPECT_THAT(actions({.by = "bob"}), ElementsAre("update a"));
    EXPECT_THAT(actions({.action = "create", .name = "A"}), ElementsAre("create a"));
    EXPECT_THAT(actions({.resource = a.record.id}), ElementsAre("update a", "create a"));
    EXPECT_THAT(actions({.text = "LOG"}), ElementsAre("log-in refused "));
    EXPECT_THAT(actions({.kind = "connection", .limit = 1}), ElementsAre("update a"));
    EXPECT_THAT(actions({.since = later.record.updated_at}), ElementsAre("log-in refused ", "update a"));
    EXPECT_THAT(actions({.until = later.record.updated_at}), ElementsAre("create b", "create a"));
    const auto first = store().audit().list({.limit = 2});
    EXPECT_THAT(actions({.before = first.back().sequence}), ElementsAre("create b", "create a"));
    EXPECT_EQ(first[0].detail.at("address"), "127.0.0.1");
    EXPECT_EQ(first[1].revision, 2);
    EXPECT_EQ(first[1].via, "api");
}

TEST_P(StoreTest, only_what_nobody_needs_any_more_is_forgotten) {
    const auto kept = insert("kept");
    const auto gone = insert("gone");
    resources().apply({Change::remove, gone, {}}, "cli");
    store().audit().record({.at = kept.record.created_at, .by = "x", .via = "cli", .action = "event"});
    EXPECT_EQ(store().audit().forget_before(kept.record.created_at), 0);
    EXPECT_EQ(store().audit().forget_before(kept.record.created_at + std::chrono::milliseconds(1)), 3);
    EXPECT_EQ(resources().revisions(kept.record.id).size(), 1u);
    EXPECT_TRUE(resources().revisions(gone.record.id).empty());
}

TEST_P(StoreTest, a_setting_that_is_set_once_is_the_same_for_all) {
    EXPECT_EQ(store().settings().get("key"), std::nullopt);
    std::latch both(2);
    std::string mine, theirs;
    std::thread other([&] {
        const auto second = open(where());
        both.arrive_and_wait();
        theirs = second->settings().set_once("key", "b");
    });
    both.arrive_and_wait();
    mine = store().settings().set_once("key", "a");
    other.join();
    EXPECT_EQ(mine, theirs);
    store().settings().set("key", "c");
    EXPECT_EQ(store().settings().set_once("key", "d"), "c");
}

TEST_P(StoreTest, nodes_are_known_by_their_last_sign_of_life) {
    const auto at = Time(std::chrono::milliseconds(1'700'000'000'123));
    auto& nodes = store().nodes();
    EXPECT_TRUE(nodes.list().empty());
    nodes.put({"b:/data", "b/1", "1.0", at, at});
    nodes.put({"a:/data", "a/2", "1.1", at + std::chrono::milliseconds(5), at + std::chrono::milliseconds(5)});
    nodes.put({"a:/data", "a/1", "1.0", at, at});
    nodes.put({"a:/data", "a/1", "1.0", at, at + std::chrono::seconds(9)});
    const auto known = open(where())->nodes().list();
    ASSERT_EQ(known.size(), 3u);
    EXPECT_EQ(known[0].process, "a/1");
    EXPECT_EQ(known[0].since, at);
    EXPECT_EQ(known[0].seen, at + std::chrono::seconds(9));
    EXPECT_EQ(known[1].process, "a/2");
    EXPECT_EQ(known[1].version, "1.1");
    EXPECT_EQ(known[2].name, "b:/data");
    nodes.remove("a/1");
    EXPECT_EQ(nodes.list().size(), 2u);
}

TEST_P(StoreTest, several_calls_together_are_kept_or_not) {
    store().together([&] {
        insert("a");
        store().settings().set("s", "1");
    });
    EXPECT_EQ(code_of([&] {
                  store().together([&] {
                      insert("b");
                      store().settings().set("s", "2");
                      EXPECT_TRUE(resources().find(Kind::connection, "default", "b"));
                      throw Error(ErrorCode::conflict, "no");
                  });
              }),
              ErrorCode::conflict);
    EXPECT_TRUE(resources().find(Kind::connection, "default", "a"));
    EXPECT_FALSE(resources().find(Kind::connection, "default", "b"));
    EXPECT_EQ(store().settings().get("s"), "1");
    insert("c");  // and it goes on as before
}

TEST_P(StoreTest, a_part_that_fails_among_several_calls_undoes_only_itself) {
    insert("taken");
    store().together([&] {
        insert("a");
        EXPECT_EQ(code_of([&] { insert("TAKEN"); }), ErrorCode::already_exists);
        insert("b");
    });
    EXPECT_THAT(resources().names(Kind::connection, "default"), ElementsAre("a", "b", "taken"));
}

TEST_P(StoreTest, calls_together_within_calls_together_are_one_transaction) {
    EXPECT_EQ(code_of([&] {
                  store().together([&] {
                      store().together([&] { insert("a"); });
                      insert("b");
                      throw Error(ErrorCode::conflict, "no");
                  });
              }),
              ErrorCode::conflict);
    EXPECT_THAT(resources().names(Kind::connection, "default"), ElementsAre());
}

TEST_P(StoreTest, calls_together_that_fail_within_calls_together_undo_only_themselves) {
    store().together([&] {
        insert("a");
        EXPECT_EQ(code_of([&] {
                      store().together([&] {
                          insert("b");
                          store().together([&] { insert("c"); });
                          throw Error(ErrorCode::conflict, "no");
                      });
                  }),
                  ErrorCode::conflict);
        insert("d");
    });
    EXPECT_THAT(resources().names(Kind::connection, "default"), ElementsAre("a", "d"));
}

TEST_P(StoreTest, a_setting_that_was_read_together_with_more_stays_until_that_is_kept) {
    store().settings().set("key", "old");
    const auto others = open(where());
    std::mutex mutex;
    std::condition_variable changed;
    bool is_changed = false;
    std::jthread other;
    store().together([&] {
        EXPECT_EQ(store().settings().get("key"), "old");
        other = std::jthread([&] {
            others->settings().set("key", "new");
            const std::scoped_lock lock(mutex);
            is_changed = true;
            changed.notify_all();
        });
        std::unique_lock lock(mutex);  // it would have had time enough
        EXPECT_FALSE(changed.wait_for(lock, std::chrono::milliseconds(300), [&] { return is_changed; }));
        insert("a");
    });
    other.join();
    EXPECT_EQ(store().settings().get("key"), "new");
}

TEST_P(StoreTest, the_same_statement_may_be_under_way_twice) {
    // Each is prepared once and used again and again, also within itself and after it failed.
    for (int i = 0; i < 4; ++i) {
        insert("n" + std::to_string(i));
        EXPECT_EQ(code_of([&] { insert("N0"); }), ErrorCode::already_exists);
        EXPECT_TRUE(resources().find(Kind::connection, "default", "n0"));
        EXPECT_FALSE(resources().find(Kind::connection, "default", "none"));
    }
    EXPECT_THAT(resources().names(Kind::connection, "default"), ElementsAre("n0", "n1", "n2", "n3"));
}

TEST_P(StoreTest, what_is_there_from_the_start_is_there) {
    EXPECT_THAT(resources().names(Kind::environment, "global"),
                ElementsAre("development", "production", "test"));
    EXPECT_THAT(resources().names(Kind::project, "global"), ElementsAre("default", "global"));
}

TEST_P(StoreTest, says_what_it_is_without_a_password) {
    if (GetParam() == "sqlite") {
        EXPECT_EQ(store().description(), "SQLite " + where());
    } else {
        EXPECT_THAT(store().description(), HasSubstr("PostgreSQL postgresql://fairlead@127.0.0.1:"));
        EXPECT_THAT(store().description(), Not(HasSubstr(test::Postgres::shared().server()["password"])));
    }
}

}  // namespace
}  // namespace fairlead::store

// Runs in the store: leases, fences, events, what is found and what is forgotten.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/sqlite/migrations.hpp"
#include "store/sqlite/run_store.hpp"
#include "support/temporary_folder.hpp"

namespace fairlead::store {
namespace {

using namespace std::chrono_literals;
using catalog::RunFile;
using catalog::RunState;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

Time at(int seconds) {
    return Time(std::chrono::sys_days(std::chrono::year(2026) / 3 / 1) + std::chrono::seconds(seconds));
}

class RunStoreTest : public testing::Test {
  protected:
    RunStoreTest() { sqlite::migrate(database); }

    catalog::Run queued(const std::string& id, const std::string& project = "default", std::int64_t priority = 0) {
        catalog::Run run;
        run.id = id;
        run.project = project;
        run.subject = "nightly";
        run.priority = priority;
        run.created_at = at(0);
        run.request["x"] = 1;
        store.insert(run);
        return run;
    }
    static RunFile file(std::int64_t number, std::uint64_t bytes, std::optional<Error> error = {}) {
        RunFile made;
        made.number = number;
        made.source = "/in/a" + std::to_string(number) + ".csv";
        made.outcome = error ? "failed" : "transferred";
        made.bytes = bytes;
        made.error = std::move(error);
        made.warnings = {"w"};
        made.properties["File Name"] = "a";
        return made;
    }
    std::vector<std::string> events_of(const std::string& id) {
        std::vector<std::string> types;
        for (const auto& event : store.events({.run = id}))
            types.push_back(event.type);
        return types;
    }

    test::TemporaryFolder folder;
    sqlite::Database database{(folder / "fairlead.db").string()};
    sqlite::SqliteRunStore store{database};
};

TEST_F(RunStoreTest, a_run_is_claimed_once_worked_on_and_ended) {
    queued("r1");
    const auto run = store.claim("me", at(1), at(31));
    ASSERT_TRUE(run);
    EXPECT_EQ(run->state, RunState::running);
    EXPECT_EQ(run->lease.fence, 1);
    EXPECT_FALSE(store.claim("other", at(1), at(31)));
    store.put_file("r1", 1, file(0, 10), at(2));
    store.put_file("r1", 1, file(1, 5, Error(ErrorCode::not_found, "gone").on("/x")), at(3));
    store.put_file("r1", 1, file(0, 12), at(4));  // again: it counts once
    store.finish("r1", 1, RunState::partial, Error(ErrorCode::not_found, "gone"), at(5));
    const auto ended = store.find("r1");
    EXPECT_EQ(ended->bytes, 17u);
    EXPECT_EQ(ended->files, 2u);
    EXPECT_EQ(ended->succeeded, 1u);
    EXPECT_EQ(ended->failed, 1u);
    EXPECT_EQ(ended->error->code, ErrorCode::not_found);
    EXPECT_EQ(ended->finished_at, at(5));
    EXPECT_EQ(ended->request.at("x"), 1);
    const auto files = store.files("r1", 1, 10);
    ASSERT_THAT(files, SizeIs(1));
    EXPECT_EQ(files[0].error->path, "/x");
    EXPECT_THAT(files[0].warnings, ElementsAre("w"));
    EXPECT_THAT(events_of("r1"), ElementsAre("run.queued", "run.started", "run.file", "run.file", "run.file", "run.finished"));
}

TEST_F(RunStoreTest, whoever_lost_the_lease_can_change_nothing) {
    queued("r1");
    store.claim("first", at(1), at(31));
    EXPECT_THAT(store.expired(at(30)), IsEmpty());
    ASSERT_THAT(store.expired(at(32)), SizeIs(1));
    EXPECT_TRUE(store.requeue("r1", 1, at(32), "silent"));
    EXPECT_FALSE(store.requeue("r1", 1, at(32), "silent"));
    const auto again = store.claim("second", at(33), at(63));
    ASSERT_TRUE(again);
    EXPECT_EQ(again->lease.fence, 3);
    EXPECT_EQ(again->attempt, 2);
    for (const auto& act : std::vector<std::function<void()>>{
             [&] { store.put_file("r1", 1, file(0, 1), at(34)); }, [&] { (void)store.renew("r1", 1, at(99)); },
             [&] { store.finish("r1", 1, RunState::succeeded, {}, at(34)); }, [&] { store.note("r1", 1, "x", {}, at(34)); }}) {
        try {
            act();
            ADD_FAILURE() << "an old fence was let through";
        } catch (const Error& error) {
            EXPECT_EQ(error.code, ErrorCode::conflict);
        }
    }
    EXPECT_EQ(store.find("r1")->files, 0u);
    store.finish("r1", 3, RunState::succeeded, {}, at(35));
    EXPECT_THROW(store.put_file("r1", 3, file(0, 1), at(36)), Error);  // it is over
}

TEST_F(RunStoreTest, the_most_urgent_run_that_is_due_comes_first) {
    queued("r1");
    queued("r2", "default", 5);
    auto later = queued("r3");
    later.id = "r4";
    later.priority = 9;
    later.due_at = at(100);
    store.insert(later);
    EXPECT_EQ(store.claim("me", at(1), at(31))->id, "r2");
    EXPECT_EQ(store.claim("me", at(1), at(31))->id, "r1");
    EXPECT_EQ(store.claim("me", at(1), at(31))->id, "r3");
    EXPECT_FALSE(store.claim("me", at(1), at(31)));
    EXPECT_EQ(store.claim("me", at(100), at(131))->id, "r4");
}

TEST_F(RunStoreTest, cancelling) {
    queued("r1");
    EXPECT_EQ(store.request_cancel("r1", at(1)).state, RunState::cancelled);
    EXPECT_THROW(store.request_cancel("r1", at(2)), Error);
    EXPECT_THROW(store.request_cancel("none", at(2)), Error);
    queued("r2");
    store.claim("me", at(1), at(31));
    EXPECT_FALSE(store.renew("r2", 1, at(40)));
    EXPECT_EQ(store.request_cancel("r2", at(2)).state, RunState::running);
    EXPECT_TRUE(store.renew("r2", 1, at(50)));
}

TEST_F(RunStoreTest, lists_and_events_are_filtered_and_paged) {
    for (const auto* id : {"r1", "r2", "r3"})
        queued(id);
    queued("x1", "other");
    store.claim("r2", "me", at(1), at(31));
    store.put_file("r2", 1, file(7, 1), at(2));
    const auto ids = [&](const RunQuery& query) {
        std::vector<std::string> found;
        for (const auto& run : store.list(query))
            found.push_back(run.id);
        return found;
    };
    EXPECT_THAT(ids({.projects = {"default"}}), ElementsAre("r3", "r2", "r1"));
    EXPECT_THAT(ids({.projects = {"default"}, .limit = 2}), ElementsAre("r3", "r2"));
    EXPECT_THAT(ids({.projects = {"default"}, .before = "r2"}), ElementsAre("r1"));
    EXPECT_THAT(ids({.states = {RunState::running}}), ElementsAre("r2"));
    EXPECT_THAT(ids({.subject = "NIGHTLY", .file = "a7.csv"}), ElementsAre("r2"));
    EXPECT_THAT(ids({.file = "a8.csv"}), IsEmpty());
    const auto first = store.events({.projects = {"default"}});
    ASSERT_THAT(first, SizeIs(5));
    EXPECT_THAT(store.events({.after = first[3].number, .projects = {"default"}}), SizeIs(1));
    EXPECT_EQ(store.newest_event(), first.back().number);
}

TEST_F(RunStoreTest, what_ended_long_ago_is_forgotten_and_numbers_of_events_are_not_used_again) {
    queued("r1");
    store.claim("me", at(1), at(31));
    store.finish("r1", 1, RunState::succeeded, {}, at(2));
    queued("r2");
    const auto newest = store.newest_event();
    EXPECT_THAT(store.forget({.keep_runs = 10s}, at(11)), IsEmpty());
    EXPECT_THAT(store.forget({.keep_runs = 10s}, at(13)), ElementsAre("r1"));
    EXPECT_FALSE(store.find("r1"));
    EXPECT_TRUE(store.find("r2"));
    EXPECT_THAT(events_of("r1"), IsEmpty());
    EXPECT_GE(store.newest_event(), newest);
}

}  // namespace
}  // namespace fairlead::store

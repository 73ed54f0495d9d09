// Runs in the store: leases, fences, events, what is found and what is forgotten.

#include "any_store.hpp"

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

class RunStoreTest : public AnyStore {
  protected:
    RunStore& runs() { return store().runs(); }
    std::optional<catalog::Run> claim(const std::string& owner, int second, const std::string& node = "here") {
        return runs().claim({.owner = owner, .node = node, .now = at(second), .until = at(second + 30)});
    }

    catalog::Run queued(const std::string& id, const std::string& project = "default", std::int64_t priority = 0) {
        catalog::Run run;
        run.id = id;
        run.project = project;
        run.subject = "nightly";
        run.priority = priority;
        run.created_at = at(0);
        run.request["x"] = 1;
        runs().insert(run);
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
        for (const auto& event : runs().events({.run = id}))
            types.push_back(event.type);
        return types;
    }
};

INSTANTIATE_TEST_SUITE_P(Engines, RunStoreTest, ::testing::Values("sqlite", "postgres"),
                         [](const auto& each) { return each.param; });

TEST_P(RunStoreTest, a_run_is_claimed_once_worked_on_and_ended) {
    queued("r1");
    const auto run = claim("me", 1);
    ASSERT_TRUE(run);
    EXPECT_EQ(run->state, RunState::running);
    EXPECT_EQ(run->lease.fence, 1);
    EXPECT_FALSE(claim("other", 1));
    runs().put_file("r1", 1, file(0, 10), at(2));
    runs().put_file("r1", 1, file(1, 5, Error(ErrorCode::not_found, "gone").on("/x")), at(3));
    runs().put_file("r1", 1, file(0, 12), at(4));  // again: it counts once
    runs().finish("r1", 1, RunState::partial, Error(ErrorCode::not_found, "gone"), at(5));
    const auto ended = runs().find("r1");
    EXPECT_EQ(ended->bytes, 17u);
    EXPECT_EQ(ended->files, 2u);
    EXPECT_EQ(ended->succeeded, 1u);
    EXPECT_EQ(ended->failed, 1u);
    EXPECT_EQ(ended->error->code, ErrorCode::not_found);
    EXPECT_EQ(ended->finished_at, at(5));
    EXPECT_EQ(ended->request.at("x"), 1);
    const auto files = runs().files("r1", 1, 10);
    ASSERT_THAT(files, SizeIs(1));
    EXPECT_EQ(files[0].error->path, "/x");
    EXPECT_THAT(files[0].warnings, ElementsAre("w"));
    EXPECT_THAT(events_of("r1"), ElementsAre("run.queued", "run.started", "run.file", "run.file", "run.file", "run.finished"));
}

TEST_P(RunStoreTest, whoever_lost_the_lease_can_change_nothing) {
    queued("r1");
    claim("first", 1);
    EXPECT_THAT(runs().expired(at(30)), IsEmpty());
    ASSERT_THAT(runs().expired(at(32)), SizeIs(1));
    EXPECT_TRUE(runs().requeue("r1", 1, at(32), "silent"));
    EXPECT_FALSE(runs().requeue("r1", 1, at(32), "silent"));
    const auto again = claim("second", 33);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->lease.fence, 3);
    EXPECT_EQ(again->attempt, 2);
    for (const auto& act : std::vector<std::function<void()>>{
             [&] { runs().put_file("r1", 1, file(0, 1), at(34)); }, [&] { (void)runs().renew("r1", 1, at(99)); },
             [&] { runs().finish("r1", 1, RunState::succeeded, {}, at(34)); }, [&] { runs().note("r1", 1, "x", {}, at(34)); }}) {
        try {
            act();
            ADD_FAILURE() << "an old fence was let through";
        } catch (const Error& error) {
            EXPECT_EQ(error.code, ErrorCode::conflict);
        }
    }
    EXPECT_EQ(runs().find("r1")->files, 0u);
    runs().finish("r1", 3, RunState::succeeded, {}, at(35));
    EXPECT_THROW(runs().put_file("r1", 3, file(0, 1), at(36)), Error);  // it is over
}

TEST_P(RunStoreTest, the_most_urgent_run_that_is_due_comes_first) {
    queued("r1");
    queued("r2", "default", 5);
    auto later = queued("r3");
    later.id = "r4";
    later.priority = 9;
    later.due_at = at(100);
    runs().insert(later);
    EXPECT_EQ(claim("me", 1)->id, "r2");
    EXPECT_EQ(claim("me", 1)->id, "r1");
    EXPECT_EQ(claim("me", 1)->id, "r3");
    EXPECT_FALSE(claim("me", 1));
    EXPECT_EQ(claim("me", 100)->id, "r4");
}

TEST_P(RunStoreTest, what_was_queued_while_the_clock_was_ahead_is_due_at_once) {
    catalog::Run run;
    run.id = "r1";
    run.created_at = at(18'000);
    runs().insert(run);
    auto later = run;
    later.id = "r2";
    later.created_at = at(0);
    later.due_at = at(18'000);  // on purpose
    runs().insert(later);
    EXPECT_FALSE(claim("me", 1));
    runs().bring_forward(at(1));
    EXPECT_EQ(claim("me", 1)->id, "r1");
    EXPECT_FALSE(claim("me", 2));
}

TEST_P(RunStoreTest, the_many_of_one_do_not_keep_the_few_of_another_waiting) {
    for (const auto* id : {"a1", "a2", "a3"})
        queued(id, "busy");
    queued("b1", "quiet");
    EXPECT_EQ(claim("me", 1)->id, "a1");
    EXPECT_EQ(claim("me", 1)->id, "b1");
    EXPECT_EQ(claim("me", 1)->id, "a2");
    runs().finish("a1", 1, RunState::succeeded, {}, at(2));
    runs().finish("a2", 1, RunState::succeeded, {}, at(2));
    auto other_server = queued("c1", "quiet");
    other_server.id = "c2";
    other_server.connection = "elsewhere";
    runs().insert(other_server);
    EXPECT_EQ(claim("me", 3)->id, "a3");  // nothing of its project runs now
    EXPECT_EQ(claim("me", 3)->id, "c2");  // c1 is older, but its server has b1 already
}

TEST_P(RunStoreTest, only_what_a_node_can_execute_is_given_to_it) {
    auto elsewhere = queued("r1", "default", 5);
    elsewhere.id = "r0";
    elsewhere.node = "there";
    runs().insert(elsewhere);
    auto flow = elsewhere;
    flow.id = "r9";
    flow.node.clear();
    flow.kind = "flow";
    runs().insert(flow);
    const auto of_kind = [&](const std::string& kind) {
        return runs().claim({.owner = "me", .node = "here", .kinds = {kind}, .now = at(1), .until = at(31)});
    };
    EXPECT_EQ(of_kind("operation")->id, "r1");
    EXPECT_FALSE(of_kind("operation"));
    EXPECT_EQ(of_kind("flow")->id, "r9");
    EXPECT_EQ(claim("other", 1, "there")->node, "there");
}

TEST_P(RunStoreTest, cancelling) {
    queued("r1");
    EXPECT_EQ(runs().request_cancel("r1", at(1)).state, RunState::cancelled);
    EXPECT_THROW(runs().request_cancel("r1", at(2)), Error);
    EXPECT_THROW(runs().request_cancel("none", at(2)), Error);
    queued("r2");
    claim("me", 1);
    EXPECT_EQ(runs().renew("r2", 1, at(40)), RunWish::none);
    EXPECT_EQ(runs().request_cancel("r2", at(2)).state, RunState::running);
    EXPECT_EQ(runs().renew("r2", 1, at(50)), RunWish::stop);
}

TEST_P(RunStoreTest, a_run_that_waits_is_paused_at_once_and_nobody_gets_it_until_it_is_resumed) {
    queued("r1");
    EXPECT_EQ(runs().request_pause("r1", at(1)).state, RunState::paused);
    EXPECT_EQ(runs().request_pause("r1", at(1)).state, RunState::paused);
    EXPECT_FALSE(claim("me", 2));
    EXPECT_FALSE(runs().claim("r1", "me", at(2), at(32)));
    EXPECT_EQ(runs().count(RunState::queued), 0u);
    EXPECT_EQ(runs().count(RunState::paused), 1u);
    EXPECT_THAT(runs().list({.states = {RunState::paused}}), SizeIs(1));
    EXPECT_THAT(runs().list({.states = {RunState::queued, RunState::failed}}), IsEmpty());
    EXPECT_EQ(runs().resume("r1", at(3)).state, RunState::queued);
    EXPECT_THROW(runs().resume("r1", at(3)), Error);
    EXPECT_EQ(claim("me", 4)->id, "r1");
    EXPECT_THAT(events_of("r1"), ElementsAre("run.queued", "run.paused", "run.resumed", "run.started"));
}

TEST_P(RunStoreTest, a_run_under_way_is_paused_when_its_owner_puts_it_back) {
    queued("r1");
    claim("me", 1);
    const auto asked = runs().request_pause("r1", at(2));
    EXPECT_EQ(asked.state, RunState::running);
    EXPECT_TRUE(asked.pause_requested);
    EXPECT_EQ(runs().renew("r1", 1, at(40)), RunWish::pause);
    EXPECT_TRUE(runs().requeue("r1", 1, at(3), "paused"));
    EXPECT_EQ(runs().find("r1")->state, RunState::paused);
    EXPECT_EQ(runs().request_cancel("r1", at(4)).state, RunState::cancelled);
    EXPECT_THROW(runs().request_pause("r1", at(5)), Error);
    EXPECT_THAT(events_of("r1"), ElementsAre("run.queued", "run.started", "run.pausing", "run.paused", "run.finished"));
}

TEST_P(RunStoreTest, whoever_changes_his_mind_before_a_run_has_paused_lets_it_go_on) {
    queued("r1");
    claim("me", 1);
    runs().request_pause("r1", at(2));
    EXPECT_EQ(runs().resume("r1", at(3)).state, RunState::running);
    EXPECT_EQ(runs().renew("r1", 1, at(40)), RunWish::none);
}

TEST_P(RunStoreTest, with_one_worker_projects_and_connections_take_turns) {
    for (int i = 0; i < 3; ++i)
        queued("a" + std::to_string(i), "busy");
    auto other = queued("a3", "busy");
    other.id = "a4";
    other.connection = "elsewhere";
    runs().insert(other);
    queued("b0", "quiet");
    std::vector<std::string> order;
    for (int second = 1; auto run = claim("me", second); ++second) {
        order.push_back(run->id);
        runs().finish(run->id, 1, RunState::succeeded, {}, at(second));
    }
    EXPECT_THAT(order, ElementsAre("a0", "b0", "a4", "a1", "a2", "a3"));
}

TEST_P(RunStoreTest, files_are_found_by_name_connection_and_time) {
    auto run = queued("r1");
    run.id = "r2";
    run.connection = "Partner";
    run.kind = "flow";
    run.subject = "orders";
    runs().insert(run);
    const auto put = [&](const std::string& id, std::int64_t number, const std::string& source, const std::string& target,
                         int second, std::optional<Error> error = {}) {
        auto made = file(number, 1, std::move(error));
        made.source = source;
        made.target = target;
        made.finished_at = at(second);
        runs().put_file(id, 1, made, at(second));
    };
    runs().claim("r1", "me", at(1), at(100));
    runs().claim("r2", "me", at(1), at(100));
    put("r1", 0, "/in/a.csv", "", 10);
    put("r1", 1, "/in/b.txt", "", 11, Error(ErrorCode::not_found, "gone"));
    put("r2", 0, "partner:/out/c.csv", "bank:/in/renamed-100%.dat", 12);
    put("r2", 1, "partner:/out/A_B.csv", "/srv/A_B.csv", 13);
    const auto names = [&](FileQuery query) {
        query.project = "default";
        std::vector<std::string> found;
        for (const auto& one : runs().find_files(query))
            found.push_back(one.run + std::to_string(one.file.number));
        return found;
    };
    EXPECT_THAT(names({}), ElementsAre("r21", "r20", "r11", "r10"));
    EXPECT_THAT(names({.name = "*.csv"}), ElementsAre("r21", "r20", "r10"));
    EXPECT_THAT(names({.name = "*.CSV"}), IsEmpty());
    EXPECT_THAT(names({.name = "a.csv"}), ElementsAre("r10"));
    EXPECT_THAT(names({.name = "renamed-100%.*"}), ElementsAre("r20"));
    EXPECT_THAT(names({.name = "renamed-100%.dat"}), ElementsAre("r20"));
    EXPECT_THAT(names({.name = "A_?.c{sv,xx}"}), ElementsAre("r21"));
    EXPECT_THAT(names({.name = "[ab].*"}), ElementsAre("r11", "r10"));
    EXPECT_THAT(names({.connection = "PARTNER", .name = "*.csv"}), ElementsAre("r21", "r20"));
    EXPECT_THAT(names({.connection = "bank"}), ElementsAre("r20"));
    EXPECT_THAT(names({.connection = "partner", .name = "c.csv"}), ElementsAre("r20"));
    EXPECT_THAT(names({.subject = "ORDERS", .since = at(13)}), ElementsAre("r21"));
    EXPECT_THAT(names({.failed = true}), ElementsAre("r11"));
    EXPECT_THAT(names({.failed = false, .until = at(12)}), ElementsAre("r10"));
    EXPECT_THAT(names({.limit = 2}), ElementsAre("r21", "r20"));
    EXPECT_THAT(names({.name = "?.*", .limit = 1}), ElementsAre("r20"));
    EXPECT_THAT(names({.before = FileQuery::Mark{at(12), "r2", 0}}), ElementsAre("r11", "r10"));
    EXPECT_THROW(names({.name = "[a"}), Error);
    put("r1", 0, "/in/z.csv", "", 14);  // reported again
    EXPECT_THAT(names({.name = "a.csv"}), IsEmpty());
    EXPECT_THAT(names({.name = "z.csv"}), ElementsAre("r10"));
}

TEST_P(RunStoreTest, files_keep_their_attempts_and_events_do_without) {
    queued("r1");
    claim("me", 1);
    auto made = file(0, 10);
    made.attempts = 12;
    made.history = {{{"attempt", 11}, {"error", {{"code", "timeout"}}}}, {{"attempt", 12}, {"error", nullptr}}};
    runs().put_file("r1", 1, made, at(2));
    const auto kept = runs().files("r1", 0, 10).at(0);
    EXPECT_EQ(kept.history, made.history);
    EXPECT_EQ(catalog::to_json(kept).at("attemptsDropped"), 10);
    EXPECT_EQ(runs().find_files({.project = "default"}).at(0).file.history, made.history);
    const auto event = runs().events({.run = "r1"}).back();
    EXPECT_EQ(event.data.at("attempts"), 12);
    EXPECT_FALSE(event.data.contains("history"));
}

TEST_P(RunStoreTest, a_trace_is_the_owners_and_goes_with_its_run) {
    queued("r1");
    claim("me", 1);
    EXPECT_EQ(runs().add_trace("r1", 1, ""), 0u);
    EXPECT_EQ(runs().trace("r1"), "");
    EXPECT_EQ(runs().add_trace("r1", 1, "> NOOP\n"), 7u);
    EXPECT_EQ(runs().add_trace("r1", 1, "< 200 \u00fc\n"), 16u);
    EXPECT_THROW(runs().add_trace("r1", 7, "x"), Error);
    EXPECT_EQ(runs().trace("r1"), "> NOOP\n< 200 \u00fc\n");
    runs().finish("r1", 1, RunState::succeeded, {}, at(2));
    EXPECT_THAT(runs().forget({.keep_runs = 10s}, at(20)).ids, ElementsAre("r1"));
    EXPECT_EQ(runs().trace("r1"), "");
}

TEST_P(RunStoreTest, runs_and_files_are_found_by_patterns_however_they_begin) {
    for (const auto* id : {"r1", "r2", "r3"})
        queued(id);
    for (const auto* id : {"r1", "r2", "r3"})
        runs().claim(id, "me", at(1), at(100));
    const auto put = [&](const std::string& id, std::int64_t number, const std::string& name, int second) {
        auto made = file(number, 1);
        made.source = "/in/" + name;
        made.target = name == "rare-2.txt" ? "bank:/x/rare-2.txt.gz" : number % 2 == 0 ? "bank:/x/t-" + name : "";
        made.finished_at = at(second);
        runs().put_file(id, 1, made, at(second));
    };
    store().together([&] {
        for (int i = 0; i < 60; ++i)
            put("r2", i, "many-" + std::to_string(i) + ".csv", 10 + i);
    });
    put("r1", 0, "rare-1.csv", 2000);
    put("r3", 1, "rare-2.txt", 2001);
    const auto found = [&](RunQuery query) {
        query.projects = {"default"};
        std::vector<std::string> ids;
        for (const auto& run : runs().list(query))
            ids.push_back(run.id);
        return ids;
    };
    EXPECT_THAT(found({.file = "*.csv"}), ElementsAre("r2", "r1"));
    EXPECT_THAT(found({.file = "many-*"}), ElementsAre("r2"));
    EXPECT_THAT(found({.file = "rare-*"}), ElementsAre("r3", "r1"));
    EXPECT_THAT(found({.file = "rare-*", .limit = 1}), ElementsAre("r3"));
    EXPECT_THAT(found({.file = "rare-[1].*"}), ElementsAre("r1"));
    EXPECT_THAT(found({.file = "RARE-*"}), IsEmpty());
    EXPECT_THAT(found({.file = "t-rare-*"}), ElementsAre("r1"));
    EXPECT_THAT(found({.file = "t-rare-1.csv"}), ElementsAre("r1"));
    EXPECT_THAT(found({.file = "rare-1.csv"}), ElementsAre("r1"));
    EXPECT_THAT(found({.file = "rare-1"}), IsEmpty());
    EXPECT_THROW(found({.file = "[a"}), Error);
    const auto files = [&](FileQuery query) {
        query.project = "default";
        std::vector<std::string> sources;
        for (const auto& one : runs().find_files(query))
            sources.push_back(one.file.source);
        return sources;
    };
    EXPECT_THAT(files({.name = "rare-*"}), ElementsAre("/in/rare-2.txt", "/in/rare-1.csv"));
    EXPECT_THAT(files({.name = "t-rare-*"}), ElementsAre("/in/rare-1.csv"));
    EXPECT_THAT(files({.name = "many-*", .limit = 2}), ElementsAre("/in/many-59.csv", "/in/many-58.csv"));
    EXPECT_THAT(files({.name = "rare-*", .outcome = "skipped"}), IsEmpty());
    EXPECT_THAT(files({.name = "rare-*", .outcome = "transferred"}), SizeIs(2));
}

TEST_P(RunStoreTest, a_change_is_heard_by_another_store) {
    const auto listener = open(where());
    EXPECT_THAT((listener->await_change(1ms), listener->await_change(1ms)), false);
    queued("r1");
    EXPECT_TRUE(listener->await_change(10s));
    runs().request_cancel("r1", at(1));
    EXPECT_TRUE(listener->await_change(10s));
}

TEST_P(RunStoreTest, lists_and_events_are_filtered_and_paged) {
    for (const auto* id : {"r1", "r2", "r3"})
        queued(id);
    queued("x1", "other");
    runs().claim("r2", "me", at(1), at(31));
    runs().put_file("r2", 1, file(7, 1), at(2));
    const auto ids = [&](const RunQuery& query) {
        std::vector<std::string> found;
        for (const auto& run : runs().list(query))
            found.push_back(run.id);
        return found;
    };
    EXPECT_THAT(ids({.projects = {"default"}}), ElementsAre("r3", "r2", "r1"));
    EXPECT_THAT(ids({.projects = {"default"}, .limit = 2}), ElementsAre("r3", "r2"));
    EXPECT_THAT(ids({.projects = {"default"}, .before = "r2"}), ElementsAre("r1"));
    EXPECT_THAT(ids({.states = {RunState::running}}), ElementsAre("r2"));
    EXPECT_THAT(ids({.subject = "NIGHTLY", .file = "a7.csv"}), ElementsAre("r2"));
    EXPECT_THAT(ids({.file = "a8.csv"}), IsEmpty());
    const auto first = runs().events({.projects = {"default"}});
    ASSERT_THAT(first, SizeIs(5));
    EXPECT_THAT(runs().events({.after = first[3].number, .projects = {"default"}}), SizeIs(1));
    EXPECT_EQ(runs().newest_event(), first.back().number);
}

TEST_P(RunStoreTest, a_run_of_many_files_is_forgotten_in_parts) {
    queued("r1");
    claim("me", 1);
    for (int i = 0; i < 25; ++i)
        runs().put_file("r1", 1, file(i, 1), at(1));
    runs().finish("r1", 1, RunState::succeeded, {}, at(2));
    const Retention retention{.keep_runs = 10s, .at_once = 1};  // ten rows
    int calls = 1;
    for (; runs().forget(retention, at(20)).more; ++calls)
        ASSERT_LT(calls, 20);
    EXPECT_GE(calls, 5);  // 27 events, 25 files
    EXPECT_FALSE(runs().find("r1"));
}

TEST_P(RunStoreTest, what_ended_long_ago_is_forgotten_and_numbers_of_events_are_not_used_again) {
    queued("r1");
    claim("me", 1);
    runs().finish("r1", 1, RunState::succeeded, {}, at(2));
    queued("r2");
    const auto newest = runs().newest_event();
    EXPECT_THAT(runs().forget({.keep_runs = 10s}, at(11)).ids, IsEmpty());
    EXPECT_THAT(runs().forget({.keep_runs = 10s}, at(13)).ids, ElementsAre("r1"));
    EXPECT_FALSE(runs().find("r1"));
    EXPECT_TRUE(runs().find("r2"));
    EXPECT_THAT(events_of("r1"), IsEmpty());
    EXPECT_GE(runs().newest_event(), newest);
}

}  // namespace
}  // namespace fairlead::store

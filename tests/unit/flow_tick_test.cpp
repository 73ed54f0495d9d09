// Which runs are queued at which moment: schedules, what was missed, overlaps, flows that follow each other, two nodes.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "base/quantity.hpp"
#include "flow/tick.hpp"
#include "service/runs.hpp"
#include "service/things.hpp"
#include "service/workspace.hpp"
#include "store/store.hpp"
#include "support/temporary_folder.hpp"

namespace fairlead::flow {
namespace {

using catalog::RunState;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class FlowTick : public testing::Test {
  protected:
    FlowTick() : workspace(folder.path() / "data") {}

    void flow(const std::string& name, const std::string& fields) {
        auto document = boost::json::parse(fields).as_object();
        document["source"] = {{"path", "/in"}};
        document["targets"] = boost::json::array{boost::json::object{{"path", "/out/"}}};
        const auto made = service::Things(workspace).create(catalog::Kind::flow, "default", name, document).resource;
        made_at = made.record.updated_at;
    }
    /// The moments are counted from the hour after the flow was made.
    Time hour(int n, int minutes = 0) const {
        return std::chrono::ceil<std::chrono::hours>(made_at) + std::chrono::hours(n) + std::chrono::minutes(minutes);
    }
    std::vector<std::string> tick_at(Time now) { return tick(workspace, now).queued; }
    store::RunStore& runs() { return workspace.store().runs(); }
    void end(const std::string& id, RunState state = RunState::succeeded) {
        const auto run = *runs().claim(id, "me", hour(99), hour(100));
        runs().finish(id, run.lease.fence, state, {}, hour(99));
    }

    test::TemporaryFolder folder;
    service::Workspace workspace;
    Time made_at{};
};

TEST_F(FlowTick, each_moment_queues_one_run) {
    flow("f", R"({"schedule":{"cron":"0 * * * *"},"environment":"test"})");
    EXPECT_THAT(tick_at(hour(0) - std::chrono::seconds(1)), IsEmpty());
    const auto queued = tick_at(hour(0));
    ASSERT_THAT(queued, SizeIs(1));
    const auto run = *runs().find(queued.front());
    EXPECT_EQ(run.kind, "flow");
    EXPECT_EQ(run.subject, "f");
    EXPECT_EQ(run.trigger, "schedule");
    EXPECT_EQ(run.environment, "test");
    EXPECT_EQ(run.state, RunState::queued);
    EXPECT_THAT(tick_at(hour(0)), IsEmpty());
    EXPECT_EQ(tick(workspace, hour(0, 1)).next, hour(1));
}

TEST_F(FlowTick, a_clock_that_was_ahead_holds_nothing_up) {
    flow("f", R"({"schedule":{"cron":"0 * * * *"}})");
    end(tick_at(hour(0)).front());
    end(tick_at(hour(5)).front());  // it was hour 1 in truth
    EXPECT_THAT(tick_at(hour(1, 10)), IsEmpty());
    const auto next = tick_at(hour(2));
    ASSERT_THAT(next, SizeIs(1));
    end(next.front());
    EXPECT_THAT(tick_at(hour(5)), SizeIs(1)) << "that it was taken before its time is forgotten";
}

TEST_F(FlowTick, a_flow_that_was_made_while_the_clock_was_ahead_begins_now) {
    flow("f", R"({"schedule":{"cron":"0 * * * *","missed":"all"}})");
    EXPECT_THAT(tick_at(hour(-50, 10)), IsEmpty());
    EXPECT_THAT(tick_at(hour(-49)), SizeIs(1));
}

TEST_F(FlowTick, two_nodes_never_queue_the_same_moment) {
    flow("f", R"({"schedule":{"cron":"0 * * * *"}})");
    service::Workspace other(folder.path() / "data");
    EXPECT_THAT(tick(workspace, hour(0)).queued, SizeIs(1));
    EXPECT_THAT(tick(other, hour(0)).queued, IsEmpty());
    EXPECT_THAT(tick(other, hour(1)).queued, IsEmpty()) << "the first is not over, and overlap is skip";
}

TEST_F(FlowTick, what_was_missed_is_one_run_unless_it_says_otherwise) {  // field.md 137
    flow("once", R"({"schedule":{"cron":"0 * * * *"}})");
    EXPECT_THAT(tick_at(hour(5, 30)), SizeIs(1));
    EXPECT_THAT(tick_at(hour(5, 31)), IsEmpty());
    flow("all", R"({"schedule":{"cron":"0 * * * *","missed":"all","overlap":"queue"}})");
    flow("skip", R"({"schedule":{"cron":"0 * * * *","missed":"skip"}})");
    EXPECT_THAT(tick_at(hour(2, 30)), SizeIs(3)) << "hours 0, 1 and 2 of `all`";
    EXPECT_THAT(tick_at(hour(2, 31)), IsEmpty());
}

TEST_F(FlowTick, each_that_was_missed_is_made_up_for_whatever_overlaps) {
    flow("all", R"({"schedule":{"cron":"0 * * * *","missed":"all"}})");
    EXPECT_THAT(tick_at(hour(4, 30)), SizeIs(5));
    EXPECT_THAT(tick_at(hour(5)), IsEmpty()) << "this one comes in time, and those before are not over";
}

TEST_F(FlowTick, runs_that_overlap_are_left_out_wait_or_replace_the_one_before) {
    flow("skip", R"({"schedule":{"cron":"0 * * * *"}})");
    const auto first = tick_at(hour(0));
    EXPECT_THAT(tick_at(hour(1)), IsEmpty());
    end(first.front());
    EXPECT_THAT(tick_at(hour(2)), SizeIs(1));
    service::Things(workspace).remove(catalog::Kind::flow, "default", "skip");
    flow("replace", R"({"schedule":{"cron":"0 * * * *","overlap":"replace"}})");
    const auto before = tick_at(hour(0));
    EXPECT_THAT(tick_at(hour(1)), SizeIs(1));
    EXPECT_EQ(runs().find(before.front())->state, RunState::cancelled);
}

TEST_F(FlowTick, one_flow_follows_another) {
    flow("first", "{}");
    flow("second", R"({"triggers":{"after":["first"]}})");
    service::Runs all(workspace);
    const auto run_first = [&] {
        auto run = all.draft("default");
        run.kind = "flow";
        run.subject = "first";
        return all.enqueue(std::move(run)).id;
    };
    auto id = run_first();
    EXPECT_THAT(tick_at(hour(0)), IsEmpty());
    end(id);
    const auto queued = tick_at(hour(0));
    ASSERT_THAT(queued, SizeIs(1));
    EXPECT_EQ(runs().find(queued.front())->subject, "second");
    EXPECT_EQ(runs().find(queued.front())->trigger, "flow");
    EXPECT_THAT(tick_at(hour(0, 1)), IsEmpty());
    end(queued.front());
    end(run_first(), RunState::failed);
    EXPECT_THAT(tick_at(hour(0, 2)), IsEmpty()) << "only when it succeeded";
}

TEST_F(FlowTick, flows_that_would_start_each_other_in_a_ring_are_refused_by_name) {
    flow("a", "{}");
    flow("b", R"({"triggers":{"after":["a"]}})");
    flow("c", R"({"triggers":{"after":["b"]}})");
    const auto change = [&](const std::string& name, const std::string& after) -> std::string {
        try {
            const boost::json::object fields{{"triggers", {{"after", boost::json::array{after}}}}};
            service::Things(workspace).update(catalog::Kind::flow, "default", name, fields);
        } catch (const Error& error) {
            return error.message;
        }
        return "";
    };
    EXPECT_EQ(change("a", "c"), "Flows that start each other in a ring would never end: 'a' starts 'b', which starts 'c', which starts 'a'.");
    EXPECT_EQ(change("c", "a"), "") << "two may follow the same one";
    EXPECT_EQ(change("a", "later"), "") << "one that is not there yet";
    EXPECT_THAT(service::Things(workspace).get(catalog::Kind::flow, "default", "a").references, SizeIs(1));
}

TEST_F(FlowTick, one_that_is_disabled_or_has_changed_makes_up_for_nothing) {
    flow("f", R"({"schedule":{"cron":"0 * * * *"}})");
    service::Things(workspace).set_enabled(catalog::Kind::flow, "default", "f", false);
    EXPECT_THAT(tick_at(hour(1)), IsEmpty());
    service::Things(workspace).set_enabled(catalog::Kind::flow, "default", "f", true);
    EXPECT_THAT(tick_at(made_at + std::chrono::seconds(1)), IsEmpty());
}

}  // namespace
}  // namespace fairlead::flow

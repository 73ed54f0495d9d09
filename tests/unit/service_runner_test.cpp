// What a daemon does with queued runs, with work of the test's own.

#include "service/runner.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "service/runs.hpp"
#include "service/workspace.hpp"
#include "service/workspace_pool.hpp"
#include "support/run.hpp"
#include "support/temporary_folder.hpp"

namespace fairlead::service {
namespace {

using namespace std::chrono_literals;

using catalog::RunState;
using ::testing::ElementsAre;

awaitable<void> sleep(std::chrono::milliseconds time) {
    boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor, time);
    co_await timer.async_wait(boost::asio::use_awaitable);
}

class RunnerTest : public testing::Test {
  protected:
    std::string queue(const std::string& project = "default", const std::string& kind = "operation") {
        Runs runs(workspace_);
        auto run = runs.draft(project);
        run.kind = kind;
        run.request["resumable"] = true;
        return runs.enqueue(std::move(run)).id;
    }
    catalog::Run wait_for(const std::string& id) { return test::Loop().run(runner_->wait_for(id)); }
    void start(RunWork work, unsigned at_once = 8) {
        RunnerOptions options;
        options.at_once = at_once;
        runner_.emplace(pool_, Executors{{"operation", std::move(work)}}, options);
    }

    test::TemporaryFolder folder_;
    Workspace workspace_{(folder_ / "data").string()};
    WorkspacePool pool_{(folder_ / "data").string()};
    std::optional<Runner> runner_;
};

TEST_F(RunnerTest, executes_what_is_queued_and_records_how_it_ended) {
    const auto good = queue(), bad = queue(), thrown = queue();
    start([&](HeldRun& held) -> awaitable<RunEnd> {
        catalog::RunFile file;
        file.outcome = "transferred";
        file.bytes = 7;
        co_await held.put_file(file);
        if (held.run().id == thrown) throw Error(ErrorCode::no_space, "full");
        if (held.run().id == bad) co_return RunEnd{RunState::partial, Error(ErrorCode::not_found, "one of them")};
        co_return RunEnd{};
    });
    EXPECT_EQ(wait_for(good).state, RunState::succeeded);
    EXPECT_EQ(wait_for(good).bytes, 7u);
    EXPECT_EQ(wait_for(bad).state, RunState::partial);
    const auto failed = wait_for(thrown);
    EXPECT_THROW(wait_for("none"), Error);
    runner_.reset();
    EXPECT_EQ(failed.state, RunState::failed);
    EXPECT_EQ(failed.error->code, ErrorCode::no_space);
}

TEST_F(RunnerTest, no_more_at_once_than_it_may_and_every_project_has_its_turn) {
    for (int i = 0; i < 4; ++i)
        queue("busy");
    const auto last = queue("quiet");
    std::mutex mutex;
    std::vector<std::string> projects;
    std::atomic<int> at_once = 0, most = 0;
    start(
        [&](HeldRun& held) -> awaitable<RunEnd> {
            {
                const std::scoped_lock lock(mutex);
                projects.push_back(held.run().project);
            }
            most = std::max<int>(most, ++at_once);
            co_await sleep(20ms);
            --at_once;
            co_return RunEnd{};
        },
        2);
    (void)wait_for(last);
    runner_.reset();  // before what its work refers to
    EXPECT_LE(most, 2);
    ASSERT_GE(projects.size(), 2u);
    EXPECT_THAT(std::vector(projects.begin(), projects.begin() + 2), ElementsAre("busy", "quiet"));
}

TEST_F(RunnerTest, stops_a_run_when_it_is_asked_to_and_leaves_kinds_alone_that_it_does_not_know) {
    const auto flow = queue("default", "flow");
    const auto id = queue();
    std::atomic<bool> begun = false;
    start([&](HeldRun&) -> awaitable<RunEnd> {
        begun = true;
        co_await sleep(1h);
        co_return RunEnd{};
    });
    while (!begun)
        std::this_thread::yield();
    EXPECT_EQ(Runs(workspace_).cancel(id).state, RunState::running);
    const auto stopped = wait_for(id);
    runner_.reset();
    EXPECT_EQ(stopped.state, RunState::cancelled);
    EXPECT_EQ(stopped.error->code, ErrorCode::cancelled);
    EXPECT_EQ(Runs(workspace_).get(flow).state, RunState::queued);
}

TEST_F(RunnerTest, puts_back_what_it_has_under_way_when_it_stops) {
    const auto id = queue();
    std::atomic<int> begun = 0;
    const RunWork work = [&](HeldRun&) -> awaitable<RunEnd> {
        if (++begun == 1) co_await sleep(1h);
        co_return RunEnd{};
    };
    start(work);
    while (begun == 0)
        std::this_thread::yield();
    runner_.reset();
    EXPECT_EQ(Runs(workspace_).get(id).state, RunState::queued);
    start(work);
    const auto run = wait_for(id);
    runner_.reset();
    EXPECT_EQ(run.state, RunState::succeeded);
    EXPECT_GE(run.attempt, 2);  // it may have been taken once more while the stop was on its way
}

TEST_F(RunnerTest, whoever_lost_its_run_records_nothing_any_more) {
    const auto id = queue();
    std::atomic<bool> refused = false;
    start([&](HeldRun& held) -> awaitable<RunEnd> {
        if (held.run().attempt > 1) co_return RunEnd{};
        // Somebody took it for dead, as after a long pause of this process.
        co_await held.on_workspace()([&](Workspace& workspace) {
            EXPECT_TRUE(Runs(workspace).store().requeue(id, held.run().lease.fence, held.run().created_at, "silent"));
        });
        catalog::RunFile file;
        file.outcome = "transferred";
        try {
            co_await held.put_file(file);
        } catch (const Error& error) {
            refused = error.code == ErrorCode::conflict;
            throw;
        }
        co_return RunEnd{};
    });
    const auto run = wait_for(id);
    while (!refused)
        std::this_thread::yield();
    runner_.reset();
    EXPECT_EQ(run.state, RunState::succeeded);
    EXPECT_EQ(run.attempt, 2);
    EXPECT_EQ(run.files, 0u);
}

}  // namespace
}  // namespace fairlead::service

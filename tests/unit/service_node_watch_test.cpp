#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>

#include "fairlead/error.hpp"
#include "service/node_watch.hpp"
#include "service/runs.hpp"
#include "service/workspace.hpp"
#include "support/temporary_folder.hpp"

namespace fairlead::service {
namespace {

using namespace std::chrono_literals;
using catalog::RunState;

/// Two nodes on one store.
class NodeWatchTest : public ::testing::Test {
  protected:
    std::string enqueue(Workspace& workspace, bool here_only) {
        Runs runs(workspace);
        auto run = runs.draft("default");
        if (here_only) run.node = runs.node();
        return runs.enqueue(std::move(run)).id;
    }
    catalog::Run get(const std::string& id) { return Runs(there_).get(id); }

    test::TemporaryFolder folder_;
    const std::string store_ = (folder_.path() / "shared.db").string();
    Workspace here_{(folder_.path() / "here").string(), store_};
    Workspace there_{(folder_.path() / "there").string(), store_};
};

TEST_F(NodeWatchTest, ends_runs_whose_documents_lie_on_a_node_that_is_gone) {
    (void)NodeWatch(1h).look(here_);
    const auto held = enqueue(here_, true), free = enqueue(here_, false), own = enqueue(there_, true);
    NodeWatch patient(1h);
    EXPECT_EQ(patient.look(there_), 0U);
    EXPECT_EQ(get(held).state, RunState::queued);
    while (NodeWatch(2ms).look(there_) == 0) {  // until two milliseconds have passed
    }
    const auto ended = get(held);
    EXPECT_EQ(ended.state, RunState::failed);
    ASSERT_TRUE(ended.error);
    EXPECT_EQ(ended.error->code, ErrorCode::host_unreachable);
    EXPECT_NE(ended.error->message.find(Runs(here_).node()), std::string::npos);
    EXPECT_EQ(get(free).state, RunState::queued);
    EXPECT_EQ(get(own).state, RunState::queued);
}

TEST_F(NodeWatchTest, a_node_that_never_said_anything_has_as_long) {
    const auto held = enqueue(here_, true);
    EXPECT_EQ(NodeWatch(1h).look(there_), 0U);
    EXPECT_EQ(get(held).state, RunState::queued);
    while (NodeWatch(2ms).look(there_) == 0) {
    }
    EXPECT_NE(get(held).error->message.find("ever"), std::string::npos);
}

}  // namespace
}  // namespace fairlead::service

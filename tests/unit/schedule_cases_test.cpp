// The schedules of the recorded cases, each as a flow says it: what is valid and what is not, and the rules about time.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "catalog/flow_resource.hpp"
#include "catalog/schedule.hpp"
#include "fairlead/error.hpp"
#include "service/things.hpp"
#include "service/workspace.hpp"
#include "store/store.hpp"
#include "support/temporary_folder.hpp"

namespace fairlead::service {
namespace {

namespace json = boost::json;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class ScheduleCases : public ::testing::Test {
  protected:
    /// The fields that are refused; none: the flow was made.
    std::vector<std::string> refused(const std::string& schedule) {
        return faults_of([&](Things& things) {
            auto fields = json::parse(R"({"source":{"path":"/in"},"targets":[{"path":"/out/"}]})").as_object();
            fields["schedule"] = json::parse(schedule);
            things.create(catalog::Kind::flow, "default", "f" + std::to_string(++made_), fields);
        });
    }
    std::vector<std::string> refused_change(const std::string& name, const std::string& fields) {
        return faults_of([&](Things& things) {
            things.update(catalog::Kind::flow, "default", name, json::parse(fields).as_object());
        });
    }

    test::TemporaryFolder folder_;
    Workspace workspace_{(folder_ / "data").string()};
    int made_ = 0;

  private:
    template <class Work>
    std::vector<std::string> faults_of(Work work) {
        Things things(workspace_);
        std::vector<std::string> fields;
        try {
            work(things);
        } catch (const Error& error) {
            EXPECT_EQ(error.code, ErrorCode::invalid_argument) << error.message;
            for (const auto& fault : error.faults)
                fields.push_back(fault.field);
            EXPECT_THAT(fields, ::testing::Not(IsEmpty())) << error.message;
        }
        return fields;
    }
};

TEST_F(ScheduleCases, adobe_schedule_validation) {
    // A single time, which has neither steps nor anything to make up for.
    EXPECT_THAT(refused(R"({"start":"2100-01-01T00:00:00Z"})"), IsEmpty());
    EXPECT_THAT(refused(R"({"start":"2100-01-01T00:00:00Z","every":"500ms"})"), ElementsAre("schedule.every"));
    EXPECT_THAT(refused(R"({"start":"2100-01-01T00:00:00Z","cron":"0 6 * * *","every":"15m"})"), ElementsAre("schedule.every"));
    for (const auto* every : {"1s", "15m", "1h", "1d", "1w"})
        EXPECT_THAT(refused(R"({"start":"2100-01-01T00:00:00Z","every":")" + std::string(every) + "\"}"), IsEmpty());
    EXPECT_THAT(refused(R"({"start":"2100-01-01T00:00:00Z","every":900})"), IsEmpty()) << "seconds";
    for (const auto* every : {"1 month", "-1h", "often"})
        EXPECT_THAT(refused(R"({"start":"2100-01-01T00:00:00Z","every":")" + std::string(every) + "\"}"),
                    ElementsAre("schedule.every"));
    EXPECT_THAT(refused(R"({"start":"2100-01-01T00:00:00Z","backfill":true})"), ElementsAre("schedule.backfill"));
    EXPECT_THAT(refused(R"({})"), ElementsAre("schedule.cron")) << "says no time";
    EXPECT_THAT(refused(R"({"every":"0s"})"), ElementsAre("schedule.cron"));
}

TEST_F(ScheduleCases, adobe_time_rules) {
    EXPECT_THAT(refused(R"({"start":"2020-01-01T00:00:00Z"})"), ElementsAre("schedule.start")) << "has passed";
    EXPECT_THAT(refused(R"({"every":"1h","end":"2020-01-01T00:00:00Z"})"), ElementsAre("schedule.end"));
    EXPECT_THAT(refused(R"({"cron":"0 0 0 1 1 ? 2020"})"), ElementsAre("schedule.cron"));
    EXPECT_THAT(refused(R"({"every":"1h","start":"2020-01-01T00:00:00Z"})"), IsEmpty()) << "counted from there";
    ASSERT_THAT(refused(R"({"start":"2100-01-01T00:00:00Z"})"), IsEmpty());
    const auto flow = "f" + std::to_string(made_);
    EXPECT_THAT(refused_change(flow, R"({"schedule":{"start":"2020-01-01T00:00:00Z"}})"), ElementsAre("schedule.start"));
    EXPECT_THAT(refused_change(flow, R"({"schedule":{"start":"2101-01-01T00:00:00Z"}})"), IsEmpty());
}

TEST_F(ScheduleCases, adobe_a_single_time_that_has_passed_stays_and_the_rest_can_be_changed) {
    ASSERT_THAT(refused(R"({"start":"2100-01-01T00:00:00Z"})"), IsEmpty());
    Things things(workspace_);
    auto flow = things.get(catalog::Kind::flow, "default", "f1");
    flow.definition["schedule"].as_object()["start"] = "2020-01-01T00:00:00Z";  // as time does it
    ++flow.record.revision;
    workspace_.store().resources().apply({store::Change::update, flow, {}}, "cli");
    EXPECT_THAT(refused_change("f1", R"({"description":"later"})"), IsEmpty());
    EXPECT_THAT(refused_change("f1", R"({"schedule":{"start":"2021-01-01T00:00:00Z"}})"), ElementsAre("schedule.start"));
}

TEST_F(ScheduleCases, apinizer_scheduling) {
    EXPECT_THAT(refused(R"({"cron":"0 */5 * ? * *"})"), IsEmpty());
    EXPECT_THAT(refused(R"({"every":"5m"})"), IsEmpty());
    const auto next = [](const catalog::Schedule& schedule) {
        return to_rfc3339(*catalog::next_moment(schedule, "UTC", Time(std::chrono::milliseconds(1'772'359'620'000))));
    };
    EXPECT_EQ(next({.cron = "0 */5 * ? * *"}), "2026-03-01T10:10:00Z");
}

}  // namespace
}  // namespace fairlead::service

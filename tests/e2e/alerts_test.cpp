// What a daemon tells to those who are to hear of it: events of monitors and runs in one stream, runs that
// failed by webhook, what a receiver never takes, and what the egress rule keeps from being dialled.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "support/cli.hpp"
#include "support/connect.hpp"
#include "support/daemon.hpp"
#include "support/eventually.hpp"
#include "support/raw_http.hpp"
#include "support/scripted_ftp.hpp"
#include "support/webhook_receiver.hpp"

namespace fairlead::test {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

std::unique_ptr<RawHttp> follow(const Daemon& daemon, const std::string& headers = {}) {
    auto client = std::make_unique<RawHttp>(daemon.port(), std::chrono::seconds(60));
    client->send("GET /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + daemon.token() + "\r\n" +
                 headers + "\r\n");
    client->until("retry: 2000");
    return client;
}

/// The number after the last "id: " of a text.
std::string last_id(const std::string& text) {
    const auto at = text.rfind("id: ");
    return at == std::string::npos ? "" : text.substr(at + 4, text.find('\n', at) - at - 4);
}

/// A flow whose only file cannot be delivered: its target is a file's directory.
void make_failing_flow(const Cli& fairlead, const TemporaryFolder& work, const std::string& url) {
    for (const auto* folder : {"in", "out"})
        fs::create_directory(work / folder);
    write_file(work / "in" / "a.csv", "1");
    write_file(work / "out" / "taken", "no directory");
    write_file(work / "flow.json", fmt::format(R"({{"notify":{{"webhook":"{}"}}}})", url));
    fairlead.ok({"flow", "create", "f", "--from", (work / "flow.json").string(), "--source",
                 (work / "in").string(), "--target", (work / "out" / "taken" / "x/").string()});
}

TEST(Alerts, events_of_monitors_come_in_the_same_stream_as_those_of_runs_and_go_on_after_the_last_id) {
    const Cli fairlead;
    ScriptedFtp server;
    connect(fairlead, "p", server.endpoint());
    const Daemon daemon(fairlead);
    const auto listener = follow(daemon);
    ASSERT_EQ(daemon("POST", "/v1/projects/default/monitors",
                     R"({"name":"m","connection":"p","path":"/","onDemand":true,"firstLook":"new"})")
                  .status,
              201);
    ASSERT_EQ(daemon("POST", "/v1/projects/default/operations",
                     R"({"name":"store","action":"upsert","connection":"p"})")
                  .status,
              201);
    const auto store = [&](const std::string& name) {
        return daemon("POST", "/v1/projects/default/operations/store/execute",
                      R"({"documents":[{"properties":{"fileName":")" + name + R"("},"text":"x"}]})")
            .status;
    };
    ASSERT_EQ(store("a.csv"), 200);
    EXPECT_EQ(daemon("POST", "/v1/projects/default/monitors/m/run").status, 200);
    const auto heard = listener->until("fairlead.file.created");
    EXPECT_THAT(heard, HasSubstr("event: run.finished"));
    const auto first = last_id(heard);
    ASSERT_EQ(store("b.csv"), 200);
    EXPECT_EQ(daemon("POST", "/v1/projects/default/monitors/m/run").status, 200);
    const auto again = follow(daemon, "Last-Event-ID: " + first + "\r\n");
    auto missed = again->until("event: fairlead.file.created");
    missed += again->until("\n\n");
    EXPECT_THAT(missed, AllOf(HasSubstr("event: run.finished"), HasSubstr("\"specversion\":\"1.0\""),
                              HasSubstr("/b.csv")));
    EXPECT_THAT(missed, Not(HasSubstr("id: " + first + "\n")));
}

TEST(Alerts, a_run_that_failed_is_told_of_once_to_the_webhook_of_its_flow_or_operation) {
    WebhookReceiver receiver([](const std::string&, unsigned before) { return before == 0 ? 503u : 204u; });
    const Cli fairlead;
    const TemporaryFolder work;
    make_failing_flow(fairlead, work, receiver.url());
    ScriptedFtp server;
    connect(fairlead, "p", server.endpoint());
    fairlead.ok({"operation", "create", "o", "--action", "delete", "--connection", "p", "--notify-webhook",
                 receiver.url()});
    const Daemon daemon(fairlead, {"--flow-folder", work.path().string()});
    ASSERT_EQ(daemon("POST", "/v1/projects/default/flows/f/run", "{}").status, 200);
    const auto missing = daemon("POST", "/v1/projects/default/operations/o/execute",
                                R"({"documents":[{"properties":{"fileName":"not-there"}}]})");
    EXPECT_NE(missing.status, 0u);
    ASSERT_TRUE(receiver.wait_for(2)) << daemon.log();
    std::vector<std::string> subjects;
    for (const auto& one : receiver.taken()) {
        const auto event = json::parse(one.body);
        EXPECT_EQ(event.at("type"), "fairlead.run.failed");
        subjects.emplace_back(event.at("source").as_string());
    }
    EXPECT_THAT(subjects, testing::UnorderedElementsAre("/v1/projects/default/flows/f",
                                                        "/v1/projects/default/operations/o"));
    const std::string counted = "fairlead_event_deliveries_total{outcome=\"delivered\"} 2";
    std::string metrics;  // counted when the answer is in, a moment after the receiver has it
    EXPECT_TRUE(eventually([&] {
        metrics = daemon("GET", "/metrics").body;
        return metrics.find(counted) != std::string::npos;
    })) << metrics;
}

TEST(Alerts, one_that_nobody_takes_is_a_dead_letter_after_as_many_attempts_as_the_daemon_is_told) {
    WebhookReceiver receiver([](const std::string&, unsigned) { return 503u; });
    const Cli fairlead;
    const TemporaryFolder work;
    make_failing_flow(fairlead, work, receiver.url());
    const Daemon daemon(fairlead, {"--flow-folder", work.path().string(), "--alert-attempts", "2"});
    ASSERT_EQ(daemon("POST", "/v1/projects/default/flows/f/run", "{}").status, 200);
    json::array letters;
    EXPECT_TRUE(eventually([&] {
        letters = daemon("GET", "/v1/projects/default/flows/f/letters").json().at("items").as_array();
        return !letters.empty();
    })) << daemon.log();
    ASSERT_EQ(letters.size(), 1u);
    EXPECT_EQ(letters.at(0).at("attempts"), 2);
    EXPECT_EQ(receiver.received().size(), 2u);
}

TEST(Alerts, the_egress_rule_holds_for_webhooks_too) {
    WebhookReceiver receiver;
    const Cli fairlead;
    const TemporaryFolder work;
    make_failing_flow(fairlead, work, receiver.url());
    const Daemon daemon(fairlead, {"--flow-folder", work.path().string(), "--egress-deny", "127.0.0.0/8"});
    const auto listener = follow(daemon);
    ASSERT_EQ(daemon("POST", "/v1/projects/default/flows/f/run", "{}").status, 200);
    listener->until("fairlead.run.failed");
    std::string alerts;
    EXPECT_TRUE(eventually([&] {
        alerts = daemon("GET", "/v1/projects/default/flows/f/alerts").body;
        return alerts.find("egress") != std::string::npos;
    })) << alerts
        << daemon.log();
    EXPECT_THAT(alerts, HasSubstr("\"state\":\"waits\""));
    EXPECT_TRUE(receiver.received().empty());
}

}  // namespace
}  // namespace fairlead::test

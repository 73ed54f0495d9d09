// Flows in the daemon: over REST, by schedules, after each other, and two daemons on one store.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <thread>

#include "support/cli.hpp"
#include "support/connect.hpp"
#include "support/daemon.hpp"
#include "support/eventually.hpp"
#include "support/scripted_ftp.hpp"

namespace fairlead::test {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

constexpr std::string_view kJson = "Content-Type: application/json\r\n";

class FlowDaemon : public testing::Test {
  protected:
    FlowDaemon() {
        fs::create_directory(work / "out");
        server.folder("/in");
        connect(fairlead, "p", server.endpoint());
    }
    void start(std::vector<std::string> more = {}) {
        more.insert(more.begin(), {"--flow-folder", (work / "out").string()});
        daemon.emplace(fairlead, more);
    }
    std::string flow_document(const std::string& name, const std::string& more = {}) {
        return fmt::format(
            R"({{"name":"{}","source":{{"connection":"p","path":"/in","afterwards":"delete"}},"targets":[{{"path":"{}/"}}]{}}})",
            name, (work / "out").string(), more);
    }
    json::value send(std::string_view method, const std::string& target, const std::string& body,
                     unsigned status, std::string headers = {}) {
        const auto answer = (*daemon)(method, target, body, std::string(kJson) + headers);
        EXPECT_EQ(answer.status, status) << method << " " << target << "\n" << answer.body;
        return answer.body.empty() ? json::value() : json::parse(answer.body);
    }
    const Cli fairlead;
    const TemporaryFolder work;
    ScriptedFtp server;
    std::optional<Daemon> daemon;
    int files_ = 0;
};

const std::string kFlows = "/v1/projects/default/flows";

TEST_F(FlowDaemon, flows_are_made_run_and_asked_about_over_rest) {
    start();
    const auto made = send("POST", kFlows, flow_document("f"), 201);
    EXPECT_EQ(made.at("targets").at(0).at("name"), "local");
    send("POST", kFlows, flow_document("f"), 409);
    const auto wrong = send("POST", kFlows, R"({"name":"g","source":{"afterwards":"burn"},"colour":1})", 400);
    EXPECT_THAT(wrong.at("faults").as_array(), SizeIs(3)) << wrong;
    server.file("/in/a.csv", "content");
    const auto run = send("POST", kFlows + "/f/run", R"({"trace":true})", 200);
    EXPECT_EQ(run.at("state"), "succeeded");
    EXPECT_EQ(run.at("kind"), "flow");
    const auto address = "/v1/runs/" + std::string(run.at("id").as_string());
    const auto delivered = send("GET", address + "/files", "", 200).at("items").at(0);
    EXPECT_EQ(delivered.at("history").at(0).at("steps").as_array().front().at("step"), "directory") << delivered;
    const auto trace = (*daemon)("GET", address + "/trace");
    EXPECT_EQ(trace.status, 200) << trace.body;
    EXPECT_THAT(trace.body, HasSubstr(" p > RETR /in/a.csv"));
    EXPECT_THAT(trace.body, Not(HasSubstr(std::string(server.endpoint().password.reveal()))));
    EXPECT_EQ(read_file(work / "out" / "a.csv"), "content");
    EXPECT_EQ(server.content("/in/a.csv"), std::nullopt);
    const auto files = send("GET", kFlows + "/f/files", "", 200);
    EXPECT_EQ(files.at("items").at(0).at("path"), "/in/a.csv");
    EXPECT_EQ(files.at("items").at(0).at("state"), "done");
    EXPECT_EQ(send("POST", kFlows + "/f/reset", R"({"path":"/in/a.csv"})", 200).at("reset"), 1);
    send("POST", kFlows + "/f/reset", "{}", 400);
    const auto later = send("POST", kFlows + "/f/run", "{}", 202, "Prefer: respond-async\r\n");
    EXPECT_THAT(std::string(later.at("state").as_string()), testing::AnyOf("queued", "running", "succeeded"));
    send("PATCH", kFlows + "/f", R"({"enabled":false})", 428);
    send("PATCH", kFlows + "/f", R"({"enabled":false})", 200, "If-Match: *\r\n");
    send("POST", kFlows + "/f/run", "{}", 409);
    send("DELETE", kFlows + "/f", "", 204, "If-Match: *\r\n");
    send("GET", kFlows + "/f", "", 404);
}

TEST_F(FlowDaemon, folders_of_the_machine_are_only_for_flows_where_it_says_so) {
    start();
    const auto elsewhere = (work / "elsewhere").string();
    send("POST", kFlows,
         fmt::format(
             R"({{"name":"f","source":{{"connection":"p","path":"/in"}},"targets":[{{"path":"{}/"}}]}})",
             elsewhere),
         201);
    server.file("/in/a", "1");
    const auto run = send("POST", kFlows + "/f/run", "{}", 200);
    EXPECT_EQ(run.at("state"), "failed");
    EXPECT_EQ(run.at("error").at("code"), "permission_denied");
    EXPECT_FALSE(fs::exists(elsewhere));
}

TEST_F(FlowDaemon, a_schedule_runs_it_and_another_follows) {
    start();
    server.folder("/second").file("/in/a", "1").file("/second/b", "2");
    send("POST", kFlows, flow_document("f", R"(,"schedule":{"every":"1s"})"), 201);
    send(
        "POST", kFlows,
        fmt::format(
            R"({{"name":"g","source":{{"connection":"p","path":"/second"}},"targets":[{{"path":"{}/"}}],"triggers":{{"after":["f"]}}}})",
            (work / "out").string()),
        201);
    EXPECT_TRUE(eventually([&] { return fs::exists(work / "out" / "a") && fs::exists(work / "out" / "b"); }))
        << daemon->log();
    EXPECT_THAT(send("GET", kFlows + "/f/moments", "", 200).at("moments").as_array(), SizeIs(20));
}

TEST_F(FlowDaemon, what_a_monitor_sees_runs_it) {
    start();
    fairlead.ok({"monitor", "create", "m", "--connection", "p", "--path", "/in", "--interval", "1s",
                 "--first-look", "new"});
    send("POST", kFlows, flow_document("f", R"(,"triggers":{"monitor":"m"})"), 201);
    server.file("/in/a", "1");
    EXPECT_TRUE(eventually([&] {
        server.file("/in/a" + std::to_string(files_++),
                    "1");  // the first may be seen before the flow listens
        return fs::exists(work / "out" / "a");
    })) << daemon->log();
    EXPECT_EQ(fairlead.json({"run", "list"}).as_array().at(0).at("trigger"), "monitor");
}

TEST_F(FlowDaemon, what_a_daemon_did_not_end_the_next_one_does) {
    fairlead.ok({"connection", "update", "p", "--bwlimit", "300K"});
    const auto content = noise(900'000);
    server.file("/in/a.bin", content).file("/in/b", "small");
    start();
    send("POST", kFlows, flow_document("f"), 201);
    const auto run = send("POST", kFlows + "/f/run", "{}", 202, "Prefer: respond-async\r\n");
    const auto has_begun = [&] {
        for (const auto& entry : fs::directory_iterator(work / "out"))
            if (entry.is_regular_file() && entry.file_size() > 100'000) return true;
        return false;
    };
    ASSERT_TRUE(eventually(has_begun)) << daemon->log();
    ::kill(daemon->process(), SIGKILL);
    daemon.reset();
    EXPECT_FALSE(fs::exists(work / "out" / "a.bin")) << "no half file under the final name";
    fairlead.ok({"connection", "update", "p", "--bwlimit", ""});
    start();
    const auto address = "/v1/projects/default/runs/" + std::string(run.at("id").as_string());
    EXPECT_TRUE(eventually([&] { return send("GET", address, "", 200).at("state") == "succeeded"; }))
        << daemon->log();
    EXPECT_EQ(read_file(work / "out" / "a.bin"), content);
    EXPECT_EQ(read_file(work / "out" / "b"), "small");
    EXPECT_EQ(server.content("/in/a.bin"), std::nullopt);
    EXPECT_EQ(std::distance(fs::directory_iterator(work / "out"), {}), 2) << "nothing is left behind";
}

}  // namespace
}  // namespace fairlead::test

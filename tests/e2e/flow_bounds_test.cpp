// What bounds a flow and what it is told to notice, from the command line and over REST: time, sizes, content, deadlines, one
// file's state.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <boost/json.hpp>
#include <chrono>
#include <filesystem>
#include <optional>
#include <set>
#include <thread>

#include "support/cli.hpp"
#include "support/connect.hpp"
#include "support/daemon.hpp"
#include "support/scripted_ftp.hpp"

namespace fairlead::test {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using ::testing::HasSubstr;
using ::testing::SizeIs;

const std::string kFlow = "/v1/projects/default/flows/f";

/// A flow "f" from a server to a folder; each thing is asked for by the command line or over REST.
class FlowBounds : public testing::TestWithParam<bool> {
  protected:
    FlowBounds() {
        fs::create_directory(work / "out");
        server.folder("/in");
        connect(fairlead, "p", server.endpoint(), {"--retries", "0"});
    }
    bool rest() const { return GetParam(); }

    void flow(const std::string& fields, json::object target = {}) {
        auto document = json::parse(fields).as_object();
        auto& source = document["source"].is_null() ? document["source"].emplace_object() : document["source"].as_object();
        source["connection"] = "p";
        source["path"] = "/in";
        target["path"] = (work / "out").string() + "/";
        document["targets"] = json::array{target};
        write_file(work / "flow.json", json::serialize(document));
        fairlead.ok({"flow", "create", "f", "--from", (work / "flow.json").string()});
        if (rest()) daemon.emplace(fairlead, std::vector<std::string>{"--flow-folder", (work / "out").string()});
    }
    json::value send(std::string_view method, const std::string& target, const std::string& body) {
        const auto answer = (*daemon)(method, target, body, "Content-Type: application/json\r\n");
        EXPECT_EQ(answer.status, 200u) << method << " " << target << "\n" << answer.body;
        return json::parse(answer.body);
    }
    /// The run as it is recorded.
    json::value run(const std::string& only = {}) {
        if (rest()) {
            json::object wanted;
            if (!only.empty()) wanted = {{"path", only}, {"again", true}};
            return send("POST", kFlow + "/run", json::serialize(wanted));
        }
        std::vector<std::string> words{"flow", "run", "f"};
        if (!only.empty()) words.insert(words.end(), {"--path", only, "--again"});
        (void)fairlead(words);
        return fairlead.json({"run", "list"}).as_array().at(0);
    }
    json::array files() {
        if (rest()) return send("GET", kFlow + "/files", "").at("items").as_array();
        return fairlead.json({"flow", "files", "f"}).as_array();
    }
    json::value state_of(const std::string& path) {
        for (const auto& file : files())
            if (file.at("path").as_string() == path) return file.at("state");
        return {};
    }
    void reset(const std::string& path) {
        if (rest())
            EXPECT_EQ(send("POST", kFlow + "/reset", json::serialize(json::object{{"path", path}})).at("reset"), 1);
        else
            fairlead.ok({"flow", "reset", "f", "--path", path});
    }
    /// The types of what was told.
    std::multiset<std::string> alerts() {
        const auto told = rest() ? send("GET", kFlow + "/alerts", "").at("items").as_array() : fairlead.json({"flow", "alerts", "f"}).as_array();
        std::multiset<std::string> types;
        for (const auto& each : told)
            types.emplace(each.at("event").at("type").as_string());
        return types;
    }
    std::string out(const std::string& name) const { return read_file(work / "out" / name); }
    bool has(const std::string& name) const { return fs::exists(work / "out" / name); }

    const Cli fairlead;
    const TemporaryFolder work;
    ScriptedFtp server;
    std::optional<Daemon> daemon;
};
INSTANTIATE_TEST_SUITE_P(, FlowBounds, testing::Bool(), [](const auto& info) { return info.param ? "rest" : "command"; });

TEST_P(FlowBounds, a_run_ends_at_its_time_and_the_next_one_goes_on) {
    std::atomic<bool> slow = true;
    server.file("/in/a", "content");
    server.on("RETR", [&](FtpConversation& with, const std::string& name) {
        if (!slow) return with.behave("RETR", name);
        with.reply("150 Here.");
        auto data = with.open_data();
        data.write("con");
        while (with.control.read_line()) {}  // until it goes away
        with.hang_up();
    });
    flow(R"({"limits":{"duration":"300ms"}})");
    const auto ended = run();
    EXPECT_EQ(ended.at("state"), "failed");
    EXPECT_EQ(ended.at("error").at("code"), "timeout");
    EXPECT_THAT(std::string(ended.at("error").at("message").as_string()), HasSubstr("300ms"));
    EXPECT_FALSE(has("a"));
    slow = false;
    fairlead.ok({"flow", "update", "f", "--set", "limits.duration=0s"});
    EXPECT_EQ(run().at("state"), "succeeded");
    EXPECT_EQ(out("a"), "content");
}

TEST_P(FlowBounds, sizes_say_what_is_taken_and_how_much_in_one_run) {
    server.file("/in/empty", "").file("/in/a", std::string(60, 'a')).file("/in/b", std::string(60, 'b')).file("/in/huge", std::string(500, 'h'));
    flow(R"({"source":{"minSize":1,"maxSize":100},"limits":{"bytes":100}})");
    EXPECT_EQ(run().at("state"), "succeeded");
    EXPECT_EQ(has("a") + has("b"), 1) << "100 bytes in a run";
    EXPECT_EQ(run().at("state"), "succeeded");
    EXPECT_EQ(has("a") + has("b"), 2);
    EXPECT_FALSE(has("empty"));
    EXPECT_FALSE(has("huge"));
    EXPECT_THAT(files(), SizeIs(2));
}

TEST_P(FlowBounds, content_tells_versions_apart_and_what_comes_twice_is_told) {
    server.file("/in/a", "one");
    flow(R"({"source":{"contentHash":true},"uniqueContent":true})");
    EXPECT_EQ(run().at("state"), "succeeded");
    server.file("/in/a", "two");  // of the same size and time
    EXPECT_EQ(run().at("state"), "succeeded");
    EXPECT_EQ(out("a"), "two");
    EXPECT_THAT(files(), SizeIs(2));
    EXPECT_TRUE(alerts().empty());
    server.file("/in/b", "one");
    EXPECT_EQ(run().at("state"), "succeeded");
    EXPECT_EQ(out("b"), "one") << "it is delivered all the same";
    EXPECT_EQ(alerts(), std::multiset<std::string>{"fairlead.flow.duplicate"});
    run();
    EXPECT_THAT(files(), SizeIs(3));
    EXPECT_THAT(alerts(), SizeIs(1));
}

TEST_P(FlowBounds, one_file_is_reset_or_replayed_and_the_others_stay_as_they_are) {
    server.file("/in/a", "1").file("/in/b", "2");
    flow("{}");
    run();
    for (const auto* name : {"a", "b"})
        fs::remove(work / "out" / name);
    reset("/in/a");
    run();
    EXPECT_TRUE(has("a"));
    EXPECT_FALSE(has("b"));
    run("/in/b");
    EXPECT_EQ(out("b"), "2");
}

TEST_P(FlowBounds, what_fails_is_put_aside_and_what_cannot_be_cleaned_up_is_delivered_once) {
    std::atomic<bool> stubborn = true;
    server.on("DELE", [&](FtpConversation& with, const std::string& name) {
        if (stubborn) return with.reply("550 Not yours.");
        with.behave("DELE", name);
    });
    server.file("/in/a", "1").file("/in/bad", "2");
    write_file(work / "out" / "bad", "mine");
    flow(R"({"source":{"afterwards":"delete","quarantine":"aside"}})", {{"ifExists", "fail"}});
    EXPECT_EQ(run().at("state"), "partial");
    EXPECT_EQ(state_of("/in/bad"), "quarantined");
    EXPECT_EQ(server.content("/in/aside/bad"), "2");
    EXPECT_EQ(out("bad"), "mine");
    EXPECT_EQ(state_of("/in/a"), "delivered") << "clean-up pending";
    EXPECT_EQ(out("a"), "1");
    fs::remove(work / "out" / "a");
    stubborn = false;
    EXPECT_EQ(run().at("state"), "succeeded");
    EXPECT_EQ(state_of("/in/a"), "done");
    EXPECT_EQ(server.content("/in/a"), std::nullopt);
    EXPECT_FALSE(has("a")) << "only the clean-up was tried again";
}

TEST_P(FlowBounds, a_deadline_is_warned_of_before_and_missed_after) {
    flow(R"({"expectations":[{"name":"orders","patterns":["orders-*"],"by":"*/4 * * * * ?","warn":"3s","files":2,"bytes":10}]})");
    if (!rest()) daemon.emplace(fairlead);
    std::multiset<std::string> told;
    for (int i = 0; i < 1200; ++i) {
        told = alerts();
        if (told.contains("fairlead.flow.expectation.warning") && told.contains("fairlead.flow.expectation.missed")) break;
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    EXPECT_TRUE(told.contains("fairlead.flow.expectation.warning"));
    EXPECT_TRUE(told.contains("fairlead.flow.expectation.missed"));
}

}  // namespace
}  // namespace fairlead::test

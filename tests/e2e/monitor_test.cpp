// Stored monitors: a daemon that looks by itself and sends events to a receiver that fails at times.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <sstream>

#include <unistd.h>

#include "monitor/cloud_event.hpp"
#include "support/daemon.hpp"
#include "support/monitor_over.hpp"
#include "support/webhook_receiver.hpp"

namespace fairlead::test {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

using Monitors = MonitorOver;

TEST_F(Monitors, look_when_asked_and_say_how_they_are) {
    write(folder_ / "old.csv", "1");
    cli_.ok({"monitor", "create", "m", place(), "--on-demand", "--settle-looks", "1", "--include", "*.csv"});
    EXPECT_EQ(cli_.json({"monitor", "state", "m"}).at("state"), "on demand");
    cli_.ok({"monitor", "run", "m"});
    write(folder_ / "new.csv", "12");
    EXPECT_EQ(cli_.json({"monitor", "run", "m"}).at("waiting"), 1);
    EXPECT_THAT(cli_.ok({"monitor", "files", "m"}), HasSubstr("0 of 1 looks"));
    EXPECT_EQ(cli_.json({"monitor", "run", "m"}).at("events"), 1);
    EXPECT_THAT(events(), ElementsAre("created new.csv"));
    EXPECT_EQ(cli_.json({"monitor", "state", "m"}).at("files"), 2);
    cli_.ok({"monitor", "reset", "m"});
    EXPECT_EQ(cli_.json({"monitor", "state", "m"}).at("files"), 0);
    cli_.ok({"monitor", "delete", "m"});
    EXPECT_EQ(cli_({"monitor", "show", "m"}).status, 3);
}

TEST_F(Monitors, are_refused_with_every_fault_at_once) {
    const auto refused = cli_({"--json", "monitor", "create", "m", place(), "--interval", "0", "--marker", "done",
                               "--webhook-url", "ftp://x/"});
    EXPECT_EQ(refused.status, 2);
    for (const auto* field : {"interval", "marker", "webhookUrl"})
        EXPECT_THAT(refused.errors, HasSubstr("\"" + std::string(field) + "\""));
}

TEST_F(Monitors, in_a_daemon_deliver_each_event_with_its_signature_to_a_flaky_receiver) {
    WebhookReceiver receiver([](const std::string&, unsigned before) { return before == 0 ? 503u : 204u; });
    ProcessOptions secret;
    secret.environment["HOOK_SECRET"] = "s3cret";
    cli_.ok({"monitor", "create", "m", place(), "--interval", "1", "--webhook-url", receiver.url(),
             "--webhook-secret-env", "HOOK_SECRET", "--content-limit", "10", "--first-look", "new"},
            secret);
    EXPECT_THAT(cli_.ok({"--json", "monitor", "show", "m"}), ::testing::Not(HasSubstr("s3cret")));
    write(folder_ / "small", "123");
    write(folder_ / "large", std::string(100, 'x'));
    Daemon daemon(cli_);
    ASSERT_TRUE(receiver.wait_for(2)) << daemon.log();
    write(folder_ / "later", "1");
    ASSERT_TRUE(receiver.wait_for(3)) << daemon.log();
    std::vector<std::string> told;
    for (const auto& received : receiver.received()) {
        EXPECT_EQ(received.signature, monitor::signature_of(received.body, Secret("s3cret")));
        EXPECT_THAT(received.type, HasSubstr("application/cloudevents+json"));
    }
    for (const auto& received : receiver.taken()) {
        told.push_back(text_of(received));
        const auto data = json::parse(received.body).at("data").as_object();
        if (told.back() == "created small") EXPECT_EQ(data.at("contentBase64"), "MTIz");
        if (told.back() == "created large") EXPECT_THAT(json::serialize(data), HasSubstr("contentOmitted"));
    }
    EXPECT_THAT(told, UnorderedElementsAre("created small", "created large", "created later"));
    EXPECT_EQ(receiver.received().size(), 6u);
}

TEST_F(Monitors, look_sooner_when_their_interval_gets_shorter_and_at_once_where_they_look_elsewhere) {
    WebhookReceiver receiver;
    write(folder_ / "first", "1");
    cli_.ok({"monitor", "create", "m", place(), "--interval", "1h", "--webhook-url", receiver.url(), "--first-look", "new"});
    const Daemon daemon(cli_);
    ASSERT_TRUE(receiver.wait_for(1)) << daemon.log();
    write(folder_ / "second", "2");
    cli_.ok({"monitor", "update", "m", "--interval", "1s"});
    ASSERT_TRUE(receiver.wait_for(2)) << daemon.log();
    cli_.ok({"monitor", "update", "m", "--interval", "1h"});
    cli_.ok({"monitor", "update", "m", "--include", "sec*"});
    ASSERT_TRUE(receiver.wait_for(3)) << daemon.log();
    EXPECT_EQ(text_of(receiver.taken().back()), "created second");
}

TEST_F(Monitors, keep_what_a_receiver_never_takes_and_deliver_it_again_when_asked) {
    WebhookReceiver receiver([](const std::string&, unsigned) { return 500u; });
    cli_.ok({"monitor", "create", "m", place(), "--on-demand", "--webhook-url", receiver.url(), "--webhook-attempts",
             "1", "--first-look", "new"});
    write(folder_ / "a", "1");
    Daemon daemon(cli_);
    const std::string base = "/v1/projects/default/monitors/m";
    EXPECT_EQ(daemon("POST", base + "/run").json().at("events"), 1);
    json::array letters;
    for (const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
         letters.empty() && std::chrono::steady_clock::now() < until;)
        letters = daemon("GET", base + "/letters").json().at("items").as_array();
    ASSERT_EQ(letters.size(), 1u);
    EXPECT_THAT(cli_.ok({"monitor", "letters", "m"}), HasSubstr("The receiver answered 500"));
    receiver.set_answer([](const std::string&, unsigned) { return 200u; });
    EXPECT_EQ(daemon("POST", base + "/letters/replay", "{}").json().at("count"), 1);
    ASSERT_TRUE(receiver.wait_for(1)) << daemon.log();
    EXPECT_EQ(receiver.taken().at(0).id, letters.at(0).at("event").at("id").as_string());
}

TEST_F(Monitors, over_http_are_made_changed_and_followed) {
    Daemon daemon(cli_);
    const std::string all = "/v1/projects/default/monitors", one = all + "/m";
    const auto made =
        daemon("POST", all, R"({"name":"m","connection":"p","path":"/)" + name_ + R"(","onDemand":true})");
    ASSERT_EQ(made.status, 201) << made.body;
    EXPECT_EQ(made.headers.at("location"), one);
    EXPECT_EQ(daemon("PATCH", one, R"({"settleLooks":1})").status, 428);
    const auto tag = "If-Match: " + made.headers.at("etag") + "\r\n";
    EXPECT_EQ(daemon("PATCH", one, R"({"settleLooks":-1})", tag).status, 400);
    EXPECT_EQ(daemon("PATCH", one, R"({"description":"x"})", tag).json().at("revision"), 2);
    EXPECT_EQ(daemon("PATCH", one, R"({"description":"y"})", tag).status, 412);
    EXPECT_EQ(daemon("POST", one + "/run").json().at("complete"), true);
    RawHttp follower(daemon.port());
    follower.send("GET " + one + "/events HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\nAuthorization: Bearer " +
                  daemon.token() + "\r\n\r\n");
    follower.until(": events");
    write(folder_ / "a", "1");
    EXPECT_EQ(daemon("POST", one + "/run").json().at("events"), 1);
    EXPECT_THAT(follower.until("data: "), HasSubstr("event: fairlead.file.created"));
    EXPECT_EQ(daemon("GET", one + "/events").json().at("items").as_array().size(), 1u);
    EXPECT_EQ(daemon("GET", one + "/state").json().at("state"), "on demand");
    const auto etag = daemon("GET", one).headers.at("etag");
    EXPECT_EQ(daemon("DELETE", one, "", "If-Match: " + etag + "\r\n").status, 204);
    EXPECT_EQ(daemon("GET", one).status, 404);
}

/// The receiver fails at times, the daemon is killed at random, files come, grow, get other names and go: what was
/// received, each event once and in its order, must lead to exactly what is there at the end.
TEST_F(Monitors, lose_and_repeat_nothing_however_often_the_daemon_is_killed) {
    std::mt19937 random(20261128);
    std::mt19937 luck(7);
    WebhookReceiver receiver([&luck](const std::string&, unsigned) { return luck() % 6 == 0 ? 500u : 204u; });
    cli_.ok({"monitor", "create", "m", place(), "--interval", "1", "--webhook-url", receiver.url(), "--first-look",
             "new"});
    const auto change_something = [&] {
        const auto file = folder_ / std::to_string(random() % 12);
        switch (random() % 4) {
            case 0:
            case 1:
                std::ofstream(file, std::ios::app) << std::string(1 + random() % 9, 'x');
                break;
            case 2:
                fs::remove(file);
                break;
            default:
                if (fs::exists(file)) fs::rename(file, folder_ / ("r" + std::to_string(random() % 12)));
        }
    };
    for (int round = 0; round < 4; ++round) {
        Daemon daemon(cli_);
        const auto before = receiver.received().size();
        for (int change = 0; change < 10; ++change)
            change_something();
        // Killed amid its work: as soon as something more was received.
        for (const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
             receiver.received().size() <= before && std::chrono::steady_clock::now() < until;)
            change_something();
        ::kill(daemon.process(), SIGKILL);
    }
    Daemon daemon(cli_);
    write(folder_ / "last", "1");
    std::vector<std::string> stored;
    const auto has_last = [&] {
        stored = events();
        return std::ranges::find(stored, "created last") != stored.end();
    };
    for (const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(90);
         !has_last() && std::chrono::steady_clock::now() < until;) {
    }
    ASSERT_TRUE(has_last()) << daemon.log() << cli_.ok({"monitor", "state", "m"});
    ASSERT_TRUE(receiver.wait_for(stored.size())) << daemon.log();
    // By sequence, each once.
    std::map<std::int64_t, json::object> told;
    std::map<std::string, std::string> bodies;
    for (const auto& received : receiver.received()) {
        const auto data = json::parse(received.body).at("data").as_object();
        EXPECT_EQ(bodies.emplace(received.id, received.body).first->second, received.body);
        told.emplace(data.at("sequence").as_int64(), data);
    }
    EXPECT_EQ(told.size(), stored.size());
    std::map<std::string, std::int64_t> model;
    for (const auto& [sequence, event] : told) {
        const std::string change(event.at("event").as_string()), path(event.at("path").as_string());
        const auto name = fs::path(path).filename().string();
        if (change == "created") EXPECT_FALSE(model.contains(name)) << sequence;
        if (change == "modified") EXPECT_TRUE(model.contains(name)) << sequence;
        if (change == "deleted") {
            EXPECT_EQ(model.erase(name), 1u) << sequence;
            continue;
        }
        if (change == "renamed")
            EXPECT_EQ(model.erase(fs::path(std::string(event.at("previousPath").as_string())).filename().string()), 1u);
        model[name] = event.at("entry").at("size").as_int64();
    }
    std::map<std::string, std::int64_t> there;
    for (const auto& entry : fs::directory_iterator(folder_))
        there[entry.path().filename().string()] = static_cast<std::int64_t>(entry.file_size());
    EXPECT_EQ(model, there);
}

}  // namespace
}  // namespace fairlead::test

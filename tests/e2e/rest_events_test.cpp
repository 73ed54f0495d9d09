// Who follows runs, sees them and forgets them: many listeners, several daemons on one store, tokens, retention.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <memory>
#include <thread>
#include <vector>

#include "support/cli.hpp"
#include "support/connect.hpp"
#include "support/daemon.hpp"
#include "support/postgres.hpp"
#include "support/scripted_ftp.hpp"

namespace fairlead::test {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

constexpr std::string_view kStore = R"({"name":"store","action":"upsert","connection":"p"})";

std::unique_ptr<RawHttp> listen(const Daemon& daemon, const std::string& path) {
    auto client = std::make_unique<RawHttp>(daemon.port(), std::chrono::seconds(60));
    client->send("GET " + path + " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + daemon.token() + "\r\n\r\n");
    client->until("retry: 2000");
    return client;
}

RawAnswer store(const Daemon& daemon, const std::string& name, std::string_view headers = {}) {
    const auto made = daemon("POST", "/v1/projects/default/operations/store/execute",
                             R"({"documents":[{"properties":{"fileName":")" + name + R"("},"text":"x"}]})", headers);
    return made;
}

std::size_t resident_kilobytes(pid_t process) {
    std::ifstream status("/proc/" + std::to_string(process) + "/status");
    for (std::string word; status >> word;)
        if (word == "VmRSS:") {
            std::size_t number = 0;
            status >> number;
            return number;
        }
    return 0;
}

TEST(RestEvents, a_thousand_listeners_cost_little_and_all_hear_the_same) {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, 8192);
    ::setrlimit(RLIMIT_NOFILE, &limit);  // the daemon's too
    ASSERT_GE(limit.rlim_cur, 2000u);
    const Cli fairlead;
    ScriptedFtp server;
    connect(fairlead, "p", server.endpoint());
    const Daemon daemon(fairlead);
    ASSERT_EQ(daemon("POST", "/v1/projects/default/operations", kStore).status, 201);
    std::vector<std::unique_ptr<RawHttp>> listeners;
    for (int i = 0; i < 1000; ++i)
        listeners.push_back(listen(daemon, "/v1/events"));
#if !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer)
    EXPECT_LT(resident_kilobytes(daemon.process()), 64u * 1024);
#endif
    EXPECT_EQ(store(daemon, "a").status, 200);
    for (const auto& listener : listeners)
        EXPECT_THAT(listener->until("event: run.finished"), HasSubstr("event: run.file"));
}

TEST(RestEvents, daemons_on_one_store_hear_each_other_and_leave_each_others_documents_alone) {
    const PostgresDatabase database;
    const std::vector<std::string> shared{"--store", database.url()};
    const Cli first, second;
    ScriptedFtp server;
    const Daemon one(first, shared);
    const auto endpoint = server.endpoint();
    const json::object connection{{"name", "p"},
                                  {"protocol", "ftp"},
                                  {"host", endpoint.host},
                                  {"port", endpoint.port},
                                  {"username", endpoint.username},
                                  {"password", std::string(endpoint.password.reveal())}};
    ASSERT_EQ(one("POST", "/v1/projects/default/connections", json::serialize(connection)).status, 201);
    fs::create_directories(second.data());
    fs::permissions(second.data(), fs::perms::owner_all);
    fs::copy_file(first.data() / "secret.key", second.data() / "secret.key");
    fs::copy_file(first.data() / "admin-token", second.data() / "admin-token");
    const Daemon other(second, shared);
    ASSERT_EQ(other("POST", "/v1/projects/default/operations", kStore).status, 201);
    ASSERT_EQ(one("POST", "/v1/projects/default/operations", R"({"name":"fetch","action":"get","connection":"p"})").status,
              201);
    const auto events = listen(other, "/v1/events");
    const auto accepted = store(one, "a", "Prefer: respond-async\r\n");
    ASSERT_EQ(accepted.status, 202) << accepted.body;
    EXPECT_THAT(events->until("event: run.finished"), HasSubstr("\"target\":\"/a\""));
    EXPECT_EQ(other("GET", accepted.headers.at("location")).json().at("state"), "succeeded");
    const auto fetched = one("POST", "/v1/projects/default/operations/fetch/execute", R"({"ids":["a"]})").json();
    const std::string content(fetched.at("results").at(0).at("contentUrl").as_string());
    EXPECT_EQ(one("GET", content).body, "x");
    EXPECT_EQ(other("GET", content).status, 404);  // it lies elsewhere
    for (const auto* name : {"b", "c", "d"}) {
        EXPECT_EQ(store(one, name).status, 200);
        EXPECT_EQ(store(other, name).status, 200);
    }
    const auto runs = one("GET", "/v1/runs?operation=store").json().at("items").as_array();
    ASSERT_THAT(runs, SizeIs(7));
    for (const auto& run : runs)
        EXPECT_EQ(run.at("attempt"), 1) << run;
}

TEST(RestEvents, a_token_sees_the_runs_of_its_projects_and_a_viewer_executes_nothing) {
    const Cli fairlead;
    ScriptedFtp server;
    connect(fairlead, "p", server.endpoint());
    const Daemon daemon(fairlead);
    ASSERT_EQ(daemon("POST", "/v1/projects/default/operations", kStore).status, 201);
    const auto path = store(daemon, "a", "Prefer: respond-async\r\n").headers.at("location");
    const auto with = [&](const std::vector<std::string>& flags) {
        auto words = flags;
        words.insert(words.begin(), {"token", "create", "t" + std::to_string(flags.size())});
        return "Authorization: Bearer " + std::string(fairlead.json(words).at("token").as_string()) + "\r\n";
    };
    const auto viewer = with({"--role", "viewer"});
    const auto ask = [&](std::string_view method, std::string_view target, const std::string& token) {
        return http_request(daemon.port(), method, target, token);
    };
    EXPECT_EQ(ask("GET", path, viewer).status, 200);
    EXPECT_EQ(ask("POST", "/v1/projects/default/operations/store/execute", viewer).status, 403);
    EXPECT_EQ(ask("POST", path + "/cancel", viewer).status, 403);
    fairlead.ok({"project", "create", "other"});
    const auto stranger = with({"--role", "operator", "--for-project", "other"});
    EXPECT_THAT(ask("GET", "/v1/runs", stranger).json().at("items").as_array(), IsEmpty());
    EXPECT_EQ(ask("GET", "/v1/runs/" + path.substr(path.rfind('/') + 1), stranger).status, 404);
    EXPECT_EQ(ask("GET", path, stranger).status, 403);
}

TEST(RestEvents, what_ended_long_ago_is_forgotten_with_its_documents) {
    const Cli fairlead;
    ScriptedFtp server;
    connect(fairlead, "p", server.endpoint());
    std::string path;
    {
        const Daemon daemon(fairlead);
        ASSERT_EQ(daemon("POST", "/v1/projects/default/operations", kStore).status, 201);
        EXPECT_EQ(store(daemon, "a").status, 200);
        const auto run = daemon("GET", "/v1/runs").json().at("items").at(0);
        path = "/v1/runs/" + std::string(run.at("id").as_string());
        EXPECT_FALSE(fs::is_empty(fairlead.data() / "runs"));
    }
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    const auto wait_until_empty = [&] {
        while (!fs::is_empty(fairlead.data() / "runs") && std::chrono::steady_clock::now() < limit)
            std::this_thread::yield();
        EXPECT_TRUE(fs::is_empty(fairlead.data() / "runs"));
    };
    {
        fs::create_directories(fairlead.data() / "runs/of-nobody/in");
        const Daemon daemon(fairlead, {"--keep-documents", "1ms", "--keep-audit", "30d"});
        wait_until_empty();
        EXPECT_EQ(daemon("GET", path).status, 200);
    }
    const Daemon daemon(fairlead, {"--keep-runs", "1ms"});
    while (daemon("GET", path).status != 404 && std::chrono::steady_clock::now() < limit)
        std::this_thread::yield();
    EXPECT_EQ(daemon("GET", path).status, 404);
}

}  // namespace
}  // namespace fairlead::test

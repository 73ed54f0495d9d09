// Operations, runs and events over HTTP, with the real daemon.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <boost/json.hpp>
#include <filesystem>
#include <memory>
#include <thread>

#include "support/cli.hpp"
#include "support/connect.hpp"
#include "support/daemon.hpp"
#include "support/scripted_ftp.hpp"
#include "support/server.hpp"

namespace fairlead::test {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

constexpr std::string_view kOperations = "/v1/projects/default/operations";
constexpr std::string_view kAsync = "Prefer: respond-async\r\n";

class RestOperations : public testing::Test {
  protected:
    void start(const std::vector<std::string>& arguments = {}) { daemon = std::make_unique<Daemon>(fairlead, arguments); }

    void operation(const json::object& fields) {
        const auto made = (*daemon)("POST", kOperations, json::serialize(fields));
        ASSERT_EQ(made.status, 201) << made.body;
    }
    RawAnswer execute(const std::string& name, std::string_view body, std::string_view headers = {},
                      const std::string& query = {}) {
        return (*daemon)("POST", std::string(kOperations) + "/" + name + "/execute" + query, body, headers);
    }
    /// With a content type of its own.
    RawAnswer send(const std::string& name, std::string_view type, std::string_view body, const std::string& query,
                   std::string_view headers = {}) {
        return http_request(daemon->port(), "POST", std::string(kOperations) + "/" + name + "/execute" + query,
                            "Authorization: Bearer " + daemon->token() + "\r\nContent-Type: " + std::string(type) +
                                "\r\n" + std::string(headers),
                            body);
    }
    json::value run_when(const std::string& path, const char* state) {
        const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(60);
        for (;;) {
            auto run = (*daemon)("GET", path).json();
            if (run.at("state").as_string() == state || std::chrono::steady_clock::now() > limit) return run;
            std::this_thread::yield();
        }
    }
    std::unique_ptr<RawHttp> listen(const std::string& path, const std::string& headers = {}) {
        auto client = std::make_unique<RawHttp>(daemon->port(), std::chrono::seconds(60));
        client->send("GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer " + daemon->token() + "\r\n" +
                     headers + "\r\n");
        client->until("retry: 2000");
        return client;
    }

    const Cli fairlead;
    ScriptedFtp server;
    std::unique_ptr<Daemon> daemon;
};

TEST_F(RestOperations, are_made_listed_changed_and_deleted_with_entity_tags) {
    connect(fairlead, "p", server.endpoint());
    start();
    const auto made = (*daemon)("POST", kOperations, R"({"name":"fetch","action":"query","connection":"p","maximumCount":5})");
    ASSERT_EQ(made.status, 201) << made.body;
    EXPECT_EQ(made.headers.at("location"), "/v1/projects/default/operations/fetch");
    const auto tag = made.headers.at("etag");
    operation({{"name", "store"}, {"action", "create"}, {"connection", "p"}});
    const auto one = std::string(kOperations) + "/fetch";
    EXPECT_EQ((*daemon)("GET", one, "", "If-None-Match: " + tag + "\r\n").status, 304);
    auto page = (*daemon)("GET", std::string(kOperations) + "?limit=1&sort=name").json();
    EXPECT_EQ(page.at("items").at(0).at("name"), "fetch");
    page = (*daemon)("GET", std::string(kOperations) + "?cursor=" + std::string(page.at("next").as_string())).json();
    ASSERT_THAT(page.at("items").as_array(), SizeIs(1));
    EXPECT_EQ(page.at("items").at(0).at("name"), "store");
    EXPECT_THAT((*daemon)("GET", std::string(kOperations) + "?action=query").json().at("items").as_array(), SizeIs(1));
    EXPECT_EQ((*daemon)("GET", std::string(kOperations) + "?acton=query").status, 400);

    EXPECT_EQ((*daemon)("PATCH", one, R"({"sort":"name"})").status, 428);
    const auto changed = (*daemon)("PATCH", one, R"({"sort":"name"})", "If-Match: " + tag + "\r\n");
    ASSERT_EQ(changed.status, 200) << changed.body;
    EXPECT_EQ(changed.json().at("maximumCount"), 5);
    EXPECT_EQ((*daemon)("PATCH", one, R"({"sort":"size"})", "If-Match: " + tag + "\r\n").status, 412);
    const auto wrong = (*daemon)("PATCH", one, R"({"maximumCount":0,"sorte":"x"})", "If-Match: *\r\n");
    EXPECT_EQ(wrong.status, 400);
    EXPECT_THAT(wrong.body, HasSubstr("maximumCount"));
    EXPECT_THAT(wrong.body, HasSubstr("did you mean sort?"));
    const auto replaced = (*daemon)("PUT", one, R"({"action":"query","connection":"p"})", "If-Match: *\r\n");
    EXPECT_EQ(replaced.json().at("maximumCount"), -1);
    EXPECT_EQ((*daemon)("PUT", std::string(kOperations) + "/new", R"({"action":"list","connection":"p"})").status, 201);
    EXPECT_EQ((*daemon)("DELETE", one, "", "If-Match: *\r\n").status, 204);
    EXPECT_EQ((*daemon)("GET", one).status, 404);
}

TEST_F(RestOperations, take_documents_as_json_multipart_or_as_they_are) {
    server.folder("/in").folder("/in/2026");
    connect(fairlead, "p", server.endpoint());
    start();
    operation({{"name", "store"}, {"action", "create"}, {"connection", "p"}, {"remoteDirectory", "/in"}});
    const auto stored = execute("store", R"({"documents":[
        {"properties":{"File Name":"a.txt"},"text":"as text"},
        {"properties":{"fileName":" "},"text":"blank name"},
        {"properties":{"File Name":"b.bin","Remote Directory":"/in/2026"},"content":"AAEC"}]})");
    ASSERT_EQ(stored.status, 200) << stored.body;
    EXPECT_EQ(stored.json().at("run").at("state"), "partial");
    const auto results = stored.json().at("results").as_array();
    ASSERT_THAT(results, SizeIs(3));
    EXPECT_EQ(results[0].at("properties").at("File Name"), "a.txt");
    EXPECT_TRUE(results[0].at("source").is_null());  // where it lay here is nobody's business
    EXPECT_EQ(results[1].at("error").at("code"), "invalid_argument");
    EXPECT_EQ(results[2].at("properties").at("Remote Directory"), "/in/2026");
    EXPECT_EQ(server.content("/in/a.txt"), "as text");
    EXPECT_EQ(server.content("/in/2026/b.bin"), std::string("\0\1\2", 3));
    EXPECT_EQ(server.count("USER"), 1u);

    EXPECT_EQ(send("store", "text/csv", "1;2\n", "?fileName=c.csv").status, 200);
    EXPECT_EQ(server.content("/in/c.csv"), "1;2\n");
    const auto again = send("store", "text/csv", "3;4\n", "?fileName=c.csv");
    EXPECT_EQ(again.status, 409) << again.body;  // one document that fails is that failure
    EXPECT_EQ(again.headers.at("content-type"), "application/problem+json");
    EXPECT_FALSE(again.json().at("runId").as_string().empty());
    EXPECT_EQ(send("store", "text/csv", "3;4\n", "?fileName=c.csv&ifExists=overwrite").status, 200);
    EXPECT_EQ(server.content("/in/c.csv"), "3;4\n");
    EXPECT_EQ(send("store", "text/csv", "x", "?filName=c.csv").status, 400);

    const auto parts = send("store", "multipart/form-data; boundary=XX",
                            "--XX\r\nContent-Disposition: form-data; name=\"remoteDirectory\"\r\n\r\n/in/2026\r\n"
                            "--XX\r\nContent-Disposition: form-data; name=\"f\"; filename=\"d.txt\"\r\n\r\nfour\r\n"
                            "--XX\r\nContent-Disposition: form-data; name=\"f\"; filename=\"e.txt\"\r\n\r\nfive\r\n--XX--",
                            "");
    EXPECT_EQ(parts.status, 200) << parts.body;
    EXPECT_EQ(server.content("/in/2026/d.txt"), "four");
    EXPECT_EQ(server.content("/in/2026/e.txt"), "five");
    EXPECT_EQ(execute("store", "{}").status, 400);
    EXPECT_EQ(execute("store", R"({"documents":[{"content":"?"}]})").status, 400);
    EXPECT_EQ(execute("nowhere", "{}").status, 404);
    // Of requests that were refused nothing is left.
    EXPECT_EQ(std::distance(fs::directory_iterator(fairlead.data() / "runs"), fs::directory_iterator()), 5);
}

TEST_F(RestOperations, give_documents_as_json_parts_zip_or_as_they_are) {
    server.folder("/out").file("/out/a.csv", "alpha").file("/out/b.csv", "beta").file("/out/c.txt", "no");
    connect(fairlead, "p", server.endpoint());
    start();
    operation({{"name", "fetch"}, {"action", "query"}, {"connection", "p"}, {"remoteDirectory", "${where}"}, {"sort", "name"},
               {"filter", {{"field", "fileName"}, {"operator", "wildcard"}, {"parameter", "names"}}}});
    const auto unknown = execute("fetch", R"({"parameters":{"names":"*.csv"}})");
    EXPECT_EQ(unknown.status, 400);
    EXPECT_THAT(unknown.body, HasSubstr("where"));
    fairlead.ok({"variable", "set", "where", "/out"});
    const auto found = execute("fetch", R"({"parameters":{"names":"*.csv"}})");
    ASSERT_EQ(found.status, 200) << found.body;
    const auto results = found.json().at("results").as_array();
    ASSERT_THAT(results, SizeIs(2));
    EXPECT_EQ(results[0].at("properties").at("File Name"), "a.csv");
    EXPECT_EQ(results[0].at("properties").at("Remote Directory"), "/out");
    EXPECT_TRUE(results[0].at("properties").as_object().contains("Timestamp"));
    EXPECT_EQ(results[0].at("content"), "YWxwaGE=");
    EXPECT_EQ((*daemon)("GET", std::string(results[1].at("contentUrl").as_string())).body, "beta");

    const auto names = R"({"parameters":{"names":"*"}})";
    const auto zip = execute("fetch", names, "Accept: application/zip\r\n");
    EXPECT_THAT(zip.body, StartsWith("PK"));
    for (const auto* name : {"a.csv", "b.csv", "c.txt", "run.json"})
        EXPECT_THAT(zip.body, HasSubstr(name));
    write_file(fairlead.folder() / "got.zip", zip.body);
    const auto listed = run_process({"python3", "-m", "zipfile", "-t", (fairlead.folder() / "got.zip").string()});
    EXPECT_EQ(listed.status, 0) << listed.output << listed.errors;
    const auto parts = execute("fetch", names, "Accept: multipart/mixed\r\n");
    EXPECT_THAT(parts.headers.at("content-type"), StartsWith("multipart/mixed; boundary="));
    EXPECT_THAT(parts.body, HasSubstr("filename*=UTF-8''b.csv"));
    EXPECT_THAT(parts.body, HasSubstr("\r\n\r\nbeta\r\n--"));
    EXPECT_EQ(execute("fetch", names, "Accept: image/png\r\n").status, 406);

    operation({{"name", "one"}, {"action", "get"}, {"connection", "p"}, {"remoteDirectory", "/out"}});
    EXPECT_EQ(execute("one", R"({"ids":["b.csv"]})", "Accept: application/octet-stream\r\n").body, "beta");
    const auto missing = execute("one", R"({"ids":["none"]})");
    EXPECT_EQ(missing.status, 200);
    EXPECT_EQ(missing.json().at("results").at(0).at("outcome"), "absent");
    operation({{"name", "drop"}, {"action", "delete"}, {"connection", "p"}, {"remoteDirectory", "/out"}});
    EXPECT_EQ(execute("drop", R"({"ids":["c.txt"]})").status, 200);
    EXPECT_EQ(execute("drop", R"({"ids":["c.txt"]})").status, 404);
    operation({{"name", "all"}, {"action", "list"}, {"connection", "p"}, {"remoteDirectory", "/out"}, {"sort", "name"}});
    const auto entries = execute("all", "{}").json().at("results").as_array();
    ASSERT_THAT(entries, SizeIs(2));
    EXPECT_EQ(entries[0].at("fileName"), "a.csv");
    EXPECT_EQ(entries[0].at("fileType"), "regular_file");
}

TEST_F(RestOperations, run_without_anybody_waiting_and_can_be_followed_looked_up_and_retried) {
    server.folder("/in");
    connect(fairlead, "p", server.endpoint());
    start();
    operation({{"name", "store"}, {"action", "create"}, {"connection", "p"}, {"remoteDirectory", "/in"}});
    const auto all = listen("/v1/projects/default/events");
    const auto accepted = execute("store", R"({"documents":[{"properties":{"fileName":"a"},"text":"1"}],"trace":true})",
                                  "Prefer: respond-async\r\n");
    ASSERT_EQ(accepted.status, 202) << accepted.body;
    const auto path = accepted.headers.at("location");
    const auto id = path.substr(path.rfind('/') + 1);
    const auto heard = all->until("event: run.finished");
    for (const auto* type : {"run.queued", "run.started", "run.file"})
        EXPECT_THAT(heard, HasSubstr(std::string("event: ") + type));
    const auto run = (*daemon)("GET", path).json();
    EXPECT_EQ(run.at("state"), "succeeded");
    EXPECT_EQ(run.at("trigger"), "api");
    EXPECT_EQ((*daemon)("GET", path + "/results").json().at("results").at(0).at("properties").at("File Name"), "a");
    const auto files = (*daemon)("GET", path + "/files").json().at("items").as_array();
    ASSERT_THAT(files, SizeIs(1));
    EXPECT_EQ(files[0].at("history").at(0).at("steps").as_array().back().at("step"), "publish");
    const auto trace = (*daemon)("GET", path + "/trace");
    EXPECT_EQ(trace.status, 200) << trace.body;
    EXPECT_THAT(trace.body, HasSubstr(" p > STOR "));
    EXPECT_EQ((*daemon)("GET", "/v1/projects/default/runs?file=*.csv&flow=store&since=yesterday").json().at("items").as_array().size(), 0u);
    EXPECT_EQ((*daemon)("GET", "/v1/projects/default/runs?file=[ab]&operation=store&since=yesterday").json().at("items").as_array().size(), 1u);

    const auto story = listen("/v1/runs/" + id + "/events")->until_end();  // from its beginning to its end
    EXPECT_THAT(story, HasSubstr("event: run.queued"));
    EXPECT_THAT(story, HasSubstr("event: run.finished"));
    const auto first = std::stoll(story.substr(story.find("id: ") + 4));
    const auto rest = listen(path + "/events", "Last-Event-ID: " + std::to_string(first) + "\r\n")->until_end();
    EXPECT_THAT(rest, Not(HasSubstr("run.queued")));
    EXPECT_THAT(rest, HasSubstr("event: run.started"));
    EXPECT_EQ((*daemon)("GET", path + "/events", "", "Last-Event-ID: 999999\r\n").status, 204);

    EXPECT_EQ((*daemon)("POST", path + "/retry").status, 409);  // nothing failed
    EXPECT_EQ((*daemon)("POST", path + "/cancel").status, 409);
    const auto failed = execute("store", R"({"documents":[{"properties":{"fileName":"a"},"text":"2"}]})");
    EXPECT_EQ(failed.status, 409);
    const std::string failed_id(failed.json().at("runId").as_string());
    server.remove_file("/in/a");
    const auto retried = (*daemon)("POST", "/v1/runs/" + failed_id + "/retry");
    EXPECT_EQ(retried.status, 200) << retried.body;
    EXPECT_EQ(retried.json().at("run").at("retryOf"), json::string(failed_id));
    EXPECT_EQ(server.content("/in/a"), "2");
    EXPECT_THAT((*daemon)("GET", "/v1/projects/default/runs?state=failed").json().at("items").as_array(), SizeIs(1));
    EXPECT_THAT((*daemon)("GET", "/v1/runs?operation=store&limit=2").json().at("items").as_array(), SizeIs(2));
    EXPECT_EQ((*daemon)("GET", "/v1/projects/other/runs").status, 404);
    EXPECT_EQ((*daemon)("POST", "/v1/projects", R"({"name":"other"})").status, 201);
    EXPECT_THAT((*daemon)("GET", "/v1/projects/other/runs").json().at("items").as_array(), IsEmpty());
    EXPECT_EQ((*daemon)("GET", "/v1/projects/other/runs/" + id).status, 404);
    const auto metrics = (*daemon)("GET", "/metrics").body;
    EXPECT_THAT(metrics, HasSubstr(R"(fairlead_runs_total{kind="operation",state="failed"} 1)"));
    EXPECT_THAT(metrics, HasSubstr(R"(fairlead_transfers_total{outcome="transferred",protocol="ftp"} 2)"));

    // What the command line does is heard too.
    fairlead.ok({"operation", "run", "store", "--input", "/etc/hostname", "--set", "fileName=b"});
    EXPECT_THAT(all->until("\"target\":\"/in/b\""), HasSubstr("run.file"));
}

/// How much of a file under way has arrived on a real server.
std::uintmax_t arrived(const Server& server, const std::string& name) {
    for (const auto& entry : fs::directory_iterator(server.root())) {
        std::error_code gone;
        if (!entry.path().filename().string().starts_with("." + name)) continue;
        const auto size = entry.file_size(gone);
        return gone ? 0 : size;
    }
    return 0;
}

void wait_until(const std::function<bool()>& holds) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!holds()) {
        if (std::chrono::steady_clock::now() > limit) throw std::runtime_error("it did not come to pass");
        std::this_thread::yield();
    }
}

TEST_F(RestOperations, a_run_is_stopped_on_request_and_gone_on_with_by_a_retry) {
    auto& slow = Server::shared("vsftpd");
    connect(fairlead, "p", slow, {"--bwlimit", "2M"});
    start();
    operation({{"name", "store"}, {"action", "upsert"}, {"connection", "p"}});
    const std::string content = noise(6'000'000);
    const auto accepted = send("store", "application/octet-stream", content, "?fileName=rest-stopped", kAsync);
    ASSERT_EQ(accepted.status, 202) << accepted.body;
    const auto path = accepted.headers.at("location");
    wait_until([&] { return arrived(slow, "rest-stopped") > 1'500'000; });
    EXPECT_EQ((*daemon)("POST", path + "/cancel").status, 202);
    const auto stopped = run_when(path, "cancelled");
    EXPECT_EQ(stopped.at("state"), "cancelled") << stopped;
    EXPECT_EQ((*daemon)("GET", path + "/results").status, 409);
    const auto retried = (*daemon)("POST", path + "/retry");
    ASSERT_EQ(retried.status, 200) << retried.body;
    EXPECT_GT(retried.json().at("results").at(0).at("resumed").to_number<std::int64_t>(), 1'000'000) << retried.body;
    EXPECT_EQ(read_file(slow.root() / "rest-stopped"), content);
}

TEST_F(RestOperations, a_daemon_that_is_killed_goes_on_with_its_runs_when_it_is_started_again) {
    auto& slow = Server::shared("vsftpd");
    connect(fairlead, "p", slow, {"--bwlimit", "2M"});
    start();
    operation({{"name", "store"}, {"action", "upsert"}, {"connection", "p"}});
    const std::string content = noise(6'000'000);
    const auto accepted = send("store", "application/octet-stream", content, "?fileName=rest-killed", kAsync);
    ASSERT_EQ(accepted.status, 202) << accepted.body;
    const auto path = accepted.headers.at("location");
    wait_until([&] { return arrived(slow, "rest-killed") > 1'500'000; });
    ::kill(daemon->process(), SIGKILL);
    daemon.reset();
    start();
    const auto run = run_when(path, "succeeded");
    EXPECT_EQ(run.at("state"), "succeeded") << run;
    EXPECT_EQ(run.at("attempt"), 2);
    const auto file = (*daemon)("GET", path + "/files").json().at("items").at(0);
    EXPECT_GT(file.at("resumed").to_number<std::int64_t>(), 1'000'000) << file;
    EXPECT_EQ(read_file(slow.root() / "rest-killed"), content);
    EXPECT_THAT(listen(path + "/events")->until_end(), HasSubstr("event: run.interrupted"));
}

TEST_F(RestOperations, a_daemon_that_stops_puts_its_runs_back) {
    auto& slow = Server::shared("vsftpd");
    connect(fairlead, "p", slow, {"--bwlimit", "200K"});
    start({"--runs-at-once", "1"});
    operation({{"name", "store"}, {"action", "upsert"}, {"connection", "p"}});
    const std::string content = noise(2'000'000);
    const auto first = send("store", "application/octet-stream", content, "?fileName=rest-handed", kAsync);
    const auto second = send("store", "application/octet-stream", "two", "?fileName=rest-over", kAsync);
    wait_until([&] { return arrived(slow, "rest-handed") > 0; });
    EXPECT_EQ((*daemon)("GET", second.headers.at("location")).json().at("state"), "queued");
    EXPECT_EQ(daemon->stop(), 0);
    const auto left = fairlead.json({"run", "list", "--state", "queued"}).as_array();
    EXPECT_THAT(left, SizeIs(2));
    fairlead.ok({"connection", "update", "p", "--bwlimit", "20M"});
    start();
    EXPECT_EQ(run_when(first.headers.at("location"), "succeeded").at("state"), "succeeded");
    EXPECT_EQ(run_when(second.headers.at("location"), "succeeded").at("state"), "succeeded");
    EXPECT_EQ(read_file(slow.root() / "rest-handed"), content);
}

}  // namespace
}  // namespace fairlead::test

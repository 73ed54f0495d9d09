// Requests that are sent twice, because their answer was lost.

#include <gtest/gtest.h>

#include <signal.h>

#include <atomic>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "support/connect.hpp"
#include "support/daemon.hpp"
#include "support/scripted_ftp.hpp"
#include "support/server.hpp"

namespace fairlead::test {
namespace {

constexpr std::string_view kConnections = "/v1/projects/default/connections";
constexpr std::string_view kBody = R"({"name":"one","protocol":"sftp","host":"h.example.com","username":"u"})";

class RestIdempotency : public testing::Test {
  protected:
    RawAnswer post(std::string_view target, std::string_view body, const std::string& key) {
        return daemon_("POST", target, body, "Idempotency-Key: " + key + "\r\n");
    }
    std::size_t connections() {
        return daemon_("GET", kConnections).json().at("items").as_array().size();
    }

    Cli cli_;
    Daemon daemon_{cli_};
};

TEST_F(RestIdempotency, the_same_request_gets_the_same_answer_and_does_nothing) {
    const auto first = post(kConnections, kBody, "k1");
    ASSERT_EQ(first.status, 201) << first.body;
    EXPECT_FALSE(first.headers.contains("idempotency-replayed"));
    const auto second = post(kConnections, kBody, "k1");
    EXPECT_EQ(second.status, 201) << second.body;
    EXPECT_EQ(second.body, first.body);
    EXPECT_EQ(second.headers.at("etag"), first.headers.at("etag"));
    EXPECT_EQ(second.headers.at("location"), first.headers.at("location"));
    EXPECT_EQ(second.headers.at("idempotency-replayed"), "true");
    EXPECT_EQ(connections(), 1U);
    EXPECT_EQ(post(kConnections, kBody, "k2").status, 409);  // a request of its own: the name is taken
}

TEST_F(RestIdempotency, a_key_belongs_to_one_request_of_one_token) {
    ASSERT_EQ(post(kConnections, kBody, "k").status, 201);
    const auto other = post(kConnections, R"({"name":"two","protocol":"sftp","host":"h.example.com","username":"u"})", "k");
    EXPECT_EQ(other.status, 422) << other.body;
    EXPECT_EQ(other.json().at("code"), "conflict");
    EXPECT_EQ(post("/v1/projects/global/connections", kBody, "k").status, 422);
    EXPECT_EQ(connections(), 1U);
    const auto made = cli_.json({"token", "create", "other", "--role", "operator"});
    const auto header = "Authorization: Bearer " + std::string(made.at("token").as_string()) +
                        "\r\nContent-Type: application/json\r\nIdempotency-Key: k\r\n";
    EXPECT_EQ(http_request(daemon_.port(), "POST", "/v1/projects/global/connections", header, kBody).status,
              201);
}

TEST_F(RestIdempotency, a_failure_leaves_the_key_free) {
    EXPECT_EQ(post(kConnections, R"({"name":"one","port":-1})", "k").status, 400);
    EXPECT_EQ(post(kConnections, kBody, "k").status, 201);
    EXPECT_EQ(post(kConnections, kBody, "white space").status, 400);
    EXPECT_EQ(post(kConnections, kBody, std::string(201, 'k')).status, 400);
}

TEST_F(RestIdempotency, an_operation_is_not_executed_again) {
    auto& server = Server::shared("openssh");
    const boost::json::object fields{
        {"name", "server"},
        {"protocol", "sftp"},
        {"host", server["host"]},
        {"port", std::stoi(server["port"])},
        {"username", server["username"]},
        {"password", server["password"]},
        {"workingDirectory", server["path"]},
        {"sftp",
         boost::json::object{{"hostKeys", boost::json::array{boost::json::string(server["host_key"])}}}}};
    ASSERT_EQ(daemon_("POST", kConnections, boost::json::serialize(fields)).status, 201);
    const auto made = daemon_("POST", "/v1/projects/default/operations",
                              R"({"name":"look","connection":"server","action":"list"})");
    ASSERT_EQ(made.status, 201) << made.body;
    const std::string_view execute = "/v1/projects/default/operations/look/execute";
    const auto first = post(execute, "{}", "k");
    ASSERT_EQ(first.status, 200) << first.body;
    const auto second = post(execute, "{}", "k");
    EXPECT_EQ(second.status, 200) << second.body;
    EXPECT_EQ(second.body, first.body);
    EXPECT_EQ(second.headers.at("idempotency-replayed"), "true");
    EXPECT_EQ(daemon_("GET", "/v1/runs").json().at("items").as_array().size(), 1U);
}

TEST_F(RestIdempotency, an_execution_belongs_to_its_key_although_the_daemon_is_killed) {
    EXPECT_EQ(daemon_.stop(), 0);
    ScriptedFtp server;
    std::atomic<bool> silent = true;
    server.file("/a.txt", "content").on("RETR", [&](FtpConversation& with, const std::string& argument) {
        if (silent)
            with.hang_up();  // and so it is tried again and again
        else
            with.behave("RETR", argument);
    });
    connect(cli_, "p", server.endpoint(), {"--retries", "100"});
    auto killed = std::make_unique<Daemon>(cli_);
    ASSERT_EQ((*killed)("POST", "/v1/projects/default/operations", R"({"name":"fetch","action":"get","connection":"p"})").status,
              201);
    const std::string execute = "/v1/projects/default/operations/fetch/execute", body = R"({"ids":["a.txt"]})";
    const auto headers = "Host: h\r\nAuthorization: Bearer " + killed->token() + "\r\nIdempotency-Key: k\r\n" +
                         "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n";
    RawHttp first(killed->port());
    first.send("POST " + execute + " HTTP/1.1\r\n" + headers + body);
    while (server.count("RETR") == 0)
        std::this_thread::yield();
    ASSERT_EQ(::kill(killed->process(), SIGKILL), 0);
    killed.reset();
    silent = false;
    Daemon again(cli_);
    const auto answer = again("POST", execute, body, "Idempotency-Key: k\r\n");
    EXPECT_EQ(answer.status, 200) << answer.body;
    EXPECT_EQ(answer.headers.at("idempotency-replayed"), "true");
    EXPECT_EQ(again("POST", execute, body, "Idempotency-Key: k\r\n").body, answer.body);
    EXPECT_EQ(again("POST", execute, R"({"ids":["b.txt"]})", "Idempotency-Key: k\r\n").status, 422);
    EXPECT_EQ(again("GET", "/v1/runs").json().at("items").as_array().size(), 1U);
}

TEST_F(RestIdempotency, of_requests_at_once_one_is_done) {
    constexpr int kAsking = 8;
    std::vector<int> statuses(kAsking);
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < kAsking; ++i)
            threads.emplace_back([&, i] { statuses[static_cast<std::size_t>(i)] = post(kConnections, kBody, "k").status; });
    }
    int made = 0;
    for (const auto status : statuses) {
        EXPECT_TRUE(status == 201 || status == 409) << status;
        made += status == 201 ? 1 : 0;
    }
    EXPECT_GE(made, 1);
    EXPECT_EQ(connections(), 1U);
    EXPECT_EQ(daemon_("GET", "/v1/audit?kind=connection").json().at("items").as_array().size(), 1U);
}

TEST_F(RestIdempotency, what_it_remembers_outlives_the_process_and_shows_no_secret) {
    const auto token = post("/v1/tokens", R"({"name":"ci","role":"viewer"})", "k");
    ASSERT_EQ(token.status, 201) << token.body;
    const std::string text(token.json().at("token").as_string());
    EXPECT_EQ(daemon_.stop(), 0);
    EXPECT_EQ(read_file(cli_.data() / "fairlead.db").find(text), std::string::npos);
    Daemon again(cli_);
    const auto replayed =
        again("POST", "/v1/tokens", R"({"name":"ci","role":"viewer"})", "Idempotency-Key: k\r\n");
    EXPECT_EQ(replayed.status, 201);
    EXPECT_EQ(std::string(replayed.json().at("token").as_string()), text);
}

}  // namespace
}  // namespace fairlead::test

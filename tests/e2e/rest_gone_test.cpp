// Clients that close while they wait for an answer which a server holds up: what is done for them ends.

#include <gtest/gtest.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "support/connect.hpp"
#include "support/daemon.hpp"
#include "support/scripted_ftp.hpp"

namespace fairlead::test {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

/// Until it is true, or for a minute.
bool in_time(const std::function<bool()>& done) {
    const auto until = std::chrono::steady_clock::now() + 60s;
    while (!done())
        if (std::chrono::steady_clock::now() > until) return false;
        else std::this_thread::yield();
    return true;
}

class RestGone : public testing::Test {
  protected:
    /// A server that says nothing to this command any more.
    void start(const std::string& verb) {
        server_.file("/a.txt", "content").silent_on(verb);
        connect(cli_, "p", server_.endpoint(), {"--timeout", "600"});  // much longer than the test is patient
        daemon_.emplace(cli_);
    }
    std::unique_ptr<RawHttp> ask(std::string_view method, const std::string& target, std::string_view body = {},
                                 std::string_view headers = {}) {
        auto client = std::make_unique<RawHttp>(daemon_->port());
        client->send(std::string(method) + " " + target + " HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer " + daemon_->token() +
                     "\r\n" + std::string(headers) + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
                     std::string(body));
        return client;
    }
    bool was_left() {
        return in_time([&] { return daemon_->log().find("\"status\":499") != std::string::npos; });
    }
    /// A transfer through the content routes came to an end that was none.
    bool was_cut(const std::string& direction) {
        return in_time([&] {
            const auto text = http_request(daemon_->port(), "GET", "/metrics").body;
            for (const std::string outcome : {"cut", "failed"})
                if (text.find("fairlead_content_seconds_count{direction=\"" + direction + "\",outcome=\"" + outcome +
                              "\",protocol=\"ftp\"} 1") != std::string::npos)
                    return true;
            return false;
        });
    }

    Cli cli_;
    ScriptedFtp server_;
    std::optional<Daemon> daemon_;
};

constexpr auto kContent = "/v1/projects/default/connections/p/content?path=/";

TEST_F(RestGone, a_download_ends_although_its_server_is_silent) {
    start("RETR");
    auto client = ask("GET", std::string(kContent) + "a.txt");
    ASSERT_TRUE(in_time([&] { return server_.count("RETR") == 1; }));
    client.reset();
    EXPECT_TRUE(was_cut("download"));
    EXPECT_EQ((*daemon_)("GET", "/v1/projects/default/connections/p").status, 200);
}

TEST_F(RestGone, a_listing_ends_although_its_server_is_silent) {
    start("MLSD");
    auto client = ask("GET", "/v1/projects/default/connections/p/entries?path=/");
    ASSERT_TRUE(in_time([&] { return server_.count("MLSD") == 1; }));
    client.reset();
    EXPECT_TRUE(was_left());
}

TEST_F(RestGone, an_upload_whose_content_has_come_is_not_published) {
    start("STOR");
    auto client = ask("PUT", std::string(kContent) + "new.txt", "all of it");
    ASSERT_TRUE(in_time([&] { return server_.count("STOR") == 1; }));
    client.reset();
    EXPECT_TRUE(was_left());
    EXPECT_TRUE(was_cut("upload"));
    EXPECT_FALSE(server_.content("/new.txt"));
}

TEST_F(RestGone, its_execution_is_cancelled_but_one_that_nobody_waits_for_is_not) {
    start("RETR");
    ASSERT_EQ((*daemon_)("POST", "/v1/projects/default/operations", R"({"name":"fetch","action":"get","connection":"p"})").status,
              201);
    const std::string execute = "/v1/projects/default/operations/fetch/execute", ids = R"({"ids":["a.txt"]})";
    const auto state_of_newest = [&] {
        const auto runs = (*daemon_)("GET", "/v1/projects/default/runs?limit=1").json().at("items").as_array();
        return runs.empty() ? std::string() : std::string(runs.at(0).at("state").as_string());
    };
    auto client = ask("POST", execute, ids, "Content-Type: application/json\r\n");
    ASSERT_TRUE(in_time([&] { return server_.count("RETR") == 1; }));
    client.reset();
    EXPECT_TRUE(in_time([&] { return state_of_newest() == "cancelled"; })) << state_of_newest();

    client = ask("POST", execute, ids, "Content-Type: application/json\r\nPrefer: respond-async\r\n");
    ASSERT_EQ(client->answer().status, 202);
    client.reset();
    ASSERT_TRUE(in_time([&] { return server_.count("RETR") == 2; }));
    EXPECT_EQ(state_of_newest(), "running");
}

TEST_F(RestGone, a_daemon_that_is_stopped_amid_an_upload_ends) {
    start("STOR");
    auto client = ask("PUT", std::string(kContent) + "new.txt", "all of it");
    ASSERT_TRUE(in_time([&] { return server_.count("STOR") == 1; }));
    EXPECT_EQ(daemon_->stop(), 0);
    EXPECT_FALSE(server_.content("/new.txt"));
}

}  // namespace
}  // namespace fairlead::test

// What the daemon counts, as Prometheus reads it.

#include <gtest/gtest.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "support/daemon.hpp"
#include "support/server.hpp"

namespace fairlead::test {
namespace {

namespace json = boost::json;

constexpr std::string_view kConnections = "/v1/projects/default/connections";

class RestMetrics : public testing::Test {
  protected:
    /// The sum of all samples of a name whose labels hold these texts.
    double sample(const std::string& name, const std::vector<std::string>& labels = {}) {
        std::istringstream text(http_request(daemon_.port(), "GET", "/metrics").body);
        double sum = 0;
        for (std::string line; std::getline(text, line);) {
            bool wanted = line.starts_with(name + "{") || line.starts_with(name + " ");
            for (const auto& label : labels)
                wanted = wanted && line.find(label) != std::string::npos;
            if (wanted) sum += std::stod(line.substr(line.rfind(' ') + 1));
        }
        return sum;
    }

    Cli cli_;
    Daemon daemon_{cli_};
};

TEST_F(RestMetrics, labels_are_of_the_table_of_routes_and_never_names) {
    const auto body = R"({"name":"very-own-name","protocol":"sftp","host":"h.example.com","username":"u"})";
    ASSERT_EQ(daemon_("POST", kConnections, body).status, 201);
    for (int i = 0; i < 3; ++i)
        ASSERT_EQ(daemon_("GET", std::string(kConnections) + "/very-own-name").status, 200);
    EXPECT_EQ(daemon_("GET", "/v1/no/such/very-own-name").status, 404);
    EXPECT_EQ(daemon_("INVENTED", std::string(kConnections) + "/very-own-name").status, 405);
    EXPECT_EQ(sample("fairlead_http_requests_total",
                     {"method=\"GET\"", "route=\"/v1/projects/{project}/connections/{name}\"", "status=\"200\""}),
              3);
    EXPECT_EQ(sample("fairlead_http_requests_total", {"route=\"\"", "status=\"404\""}), 1);
    EXPECT_EQ(sample("fairlead_http_requests_total", {"method=\"other\"", "status=\"405\""}), 1);
    EXPECT_EQ(http_request(daemon_.port(), "GET", "/metrics").body.find("very-own-name"), std::string::npos);
}

TEST_F(RestMetrics, sessions_and_content_are_counted) {
    auto& server = Server::shared("openssh");
    json::object fields{{"name", "server"},
                        {"protocol", "sftp"},
                        {"host", server["host"]},
                        {"port", std::stoi(server["port"])},
                        {"username", server["username"]},
                        {"password", server["password"]},
                        {"workingDirectory", server["path"]},
                        {"retryCount", 0},
                        {"sftp", json::object{{"hostKeys", json::array{json::string(server["host_key"])}}}}};
    ASSERT_EQ(daemon_("POST", kConnections, json::serialize(fields)).status, 201);
    const auto content = std::string(kConnections) + "/server/content?path=/counted.txt";
    ASSERT_EQ(daemon_("PUT", content, "ten bytes.").status, 201);
    ASSERT_EQ(daemon_("GET", content).body, "ten bytes.");
    EXPECT_EQ(sample("fairlead_content_bytes_total", {"direction=\"upload\""}), 10);
    // It is counted once the daemon has seen the end of it, which may be after the client.
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (sample("fairlead_content_bytes_total", {"direction=\"download\""}) < 10 &&
           std::chrono::steady_clock::now() < until)
        std::this_thread::yield();
    EXPECT_EQ(sample("fairlead_content_bytes_total", {"direction=\"download\""}), 10);
    EXPECT_EQ(sample("fairlead_content_seconds_count", {"direction=\"upload\"", "outcome=\"done\""}), 1);
    EXPECT_GE(sample("fairlead_server_sessions", {"protocol=\"sftp\""}), 1);
    EXPECT_GE(sample("fairlead_pool_sessions", {"protocol=\"sftp\"", "state=\"idle\""}), 1);
    EXPECT_EQ(sample("fairlead_pool_sessions", {"protocol=\"ftp\"", "state=\"in_use\""}), 0);
    EXPECT_EQ(sample("fairlead_pool_waiting", {"protocol=\"sftp\""}), 0);
    EXPECT_GE(sample("fairlead_server_sessions_total", {"outcome=\"opened\""}), 1);

    const auto handle = daemon_("POST", "/v1/sessions", R"({"connection":"server"})");
    ASSERT_EQ(handle.status, 201) << handle.body;
    EXPECT_EQ(sample("fairlead_handles"), 1);
    ASSERT_EQ(daemon_("DELETE", handle.headers.at("location")).status, 204);
    EXPECT_EQ(sample("fairlead_handles"), 0);

    fields["name"] = "refused";
    fields["password"] = "wrong";
    ASSERT_EQ(daemon_("POST", kConnections, json::serialize(fields)).status, 201);
    EXPECT_EQ(daemon_("GET", std::string(kConnections) + "/refused/entries").status, 502);
    EXPECT_GE(sample("fairlead_server_sessions_total", {"outcome=\"authentication_failed\""}), 1);
}

}  // namespace
}  // namespace fairlead::test

// kill -9 of the daemon in the middle of runs with several documents: at the next start each run is found, and its documents
// are there whole and once.

#include <gtest/gtest.h>
#include <signal.h>

#include <boost/json.hpp>
#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "support/connect.hpp"
#include "support/daemon.hpp"
#include "support/server.hpp"

namespace fairlead::test {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using namespace std::chrono_literals;

constexpr std::size_t kDocuments = 5;
constexpr std::size_t kSize = 300'000;

class RestKilled : public testing::TestWithParam<const char*> {
  protected:
    RestKilled() {
        folder_ = server_.root() / "rest-runs";
        fs::create_directory(folder_);
        fs::permissions(folder_, fs::perms::all);
        connect(cli_, "p", server_, {"--bwlimit", "600K"});
        start();
        const json::object operation{{"name", "store"},           {"action", "create"},         {"connection", "p"},
                                     {"remoteDirectory", "rest-runs"}, {"ifExists", "unique"}};
        const auto made = (*daemon_)("POST", "/v1/projects/default/operations", json::serialize(operation));
        if (made.status != 201) throw std::runtime_error(made.body);
    }
    ~RestKilled() override { fs::remove_all(folder_); }

    void start() { daemon_ = std::make_unique<Daemon>(cli_); }
    void kill() {
        ::kill(daemon_->process(), SIGKILL);
        daemon_.reset();
    }

    static std::string content_of(std::size_t number) {
        std::mt19937 random(static_cast<unsigned>(number));
        std::string content(kSize, '\0');
        for (auto& c : content)
            c = static_cast<char>(random());
        return content;
    }
    static std::string name_of(std::size_t number) { return "document" + std::string(1, static_cast<char>('a' + number)) + ".bin"; }

    std::string request(std::string_view headers) const {
        std::string body;
        for (std::size_t i = 0; i < kDocuments; ++i)
            body += "--b\r\nContent-Disposition: form-data; name=\"d\"; filename=\"" + name_of(i) +
                    "\"\r\nContent-Type: application/octet-stream\r\n\r\n" + content_of(i) + "\r\n";
        body += "--b--\r\n";
        return "POST /v1/projects/default/operations/store/execute HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer " +
               daemon_->token() + "\r\nContent-Type: multipart/form-data; boundary=b\r\n" + std::string(headers) +
               "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    }

    static void wait_until(const std::function<bool()>& done) {
        const auto limit = std::chrono::steady_clock::now() + 60s;
        while (!done()) {
            ASSERT_LT(std::chrono::steady_clock::now(), limit);
            std::this_thread::yield();
        }
    }
    std::size_t arrived() const {
        std::size_t count = 0;
        for (const auto& entry : fs::directory_iterator(folder_))
            if (entry.path().extension() == ".bin") ++count;
        return count;
    }
    json::value the_run() const { return (*daemon_)("GET", "/v1/runs").json().at("items").at(0); }

    /// Killed once this many documents are there and at two more moments after it was started again; then to its end.
    void kill_and_see(std::size_t there) {
        wait_until([&] { return arrived() >= there; });
        kill();
        for (const auto more : {there + 1, there + 2}) {
            start();
            wait_until([&] { return arrived() >= more; });
            kill();
        }
        start();
        wait_until([&] { return the_run().at("finishedAt").is_string(); });
        const auto run = the_run();
        EXPECT_EQ(run.at("state"), "succeeded") << run;
        EXPECT_EQ(run.at("succeeded"), kDocuments) << run;
        const auto files = (*daemon_)("GET", "/v1/runs/" + std::string(run.at("id").as_string()) + "/files").json();
        ASSERT_EQ(files.at("items").as_array().size(), kDocuments) << files;
        std::map<std::string, std::size_t> names;
        for (const auto& entry : fs::directory_iterator(folder_))
            names[entry.path().filename().string()] = fs::file_size(entry.path());
        EXPECT_EQ(names.size(), kDocuments) << "one is missing, there twice, or left behind";
        for (std::size_t i = 0; i < kDocuments; ++i) {
            EXPECT_EQ(files.at("items").at(i).at("ok"), true) << files;
            ASSERT_TRUE(names.contains(name_of(i)));
            EXPECT_TRUE(read_file(folder_ / name_of(i)) == content_of(i)) << name_of(i);
        }
    }

    Cli cli_;
    Server& server_ = Server::shared(GetParam());
    fs::path folder_;
    std::unique_ptr<Daemon> daemon_;
};

TEST_P(RestKilled, run_that_somebody_will_ask_for_later_is_gone_on_with) {
    RawHttp client(daemon_->port(), 60s);
    ASSERT_EQ(client.send(request("Prefer: respond-async\r\n")).answer().status, 202);
    kill_and_see(1);
}

TEST_P(RestKilled, run_that_somebody_waits_for_is_gone_on_with_although_he_hears_nothing_more) {
    RawHttp client(daemon_->port(), 60s);
    client.send(request(""));
    kill_and_see(1);
    EXPECT_EQ(client.until_end(), "");
}

INSTANTIATE_TEST_SUITE_P(Servers, RestKilled, testing::Values("vsftpd", "openssh"),
                         [](const auto& tested) { return std::string(tested.param); });

}  // namespace
}  // namespace fairlead::test

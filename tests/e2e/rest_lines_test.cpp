// Listings as lines, for directories of any size.

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <filesystem>
#include <sstream>
#include <string>

#include "support/daemon.hpp"
#include "support/server.hpp"

namespace fairlead::test {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

/// The most that a process has held, in KiB.
long peak_of(pid_t process) {
    std::istringstream status(read_file("/proc/" + std::to_string(process) + "/status"));
    for (std::string line; std::getline(status, line);)
        if (line.starts_with("VmHWM:")) return std::stol(line.substr(6));
    return 0;
}

class RestLines : public testing::Test {
  protected:
    RestLines() : server_(Server::shared("openssh")), root_(server_.root() / "lines") {
        fs::remove_all(root_);
        fs::create_directory(root_);
        fs::permissions(root_, fs::perms::all);
        json::object fields{{"name", "server"},
                            {"protocol", "sftp"},
                            {"host", server_["host"]},
                            {"port", std::stoi(server_["port"])},
                            {"username", server_["username"]},
                            {"password", server_["password"]},
                            {"workingDirectory", root_.string()},
                            {"sftp", json::object{{"hostKeys", json::array{json::string(server_["host_key"])}}}}};
        const auto made = daemon_("POST", "/v1/projects/default/connections", json::serialize(fields));
        EXPECT_EQ(made.status, 201) << made.body;
    }
    ~RestLines() override { fs::remove_all(root_); }

    RawAnswer list(const std::string& query, std::string_view method = "GET") {
        return daemon_(method, "/v1/projects/default/connections/server/entries" + query, {},
                       "Accept: application/x-ndjson\r\n");
    }
    static std::vector<json::value> lines_of(const std::string& body) {
        std::vector<json::value> lines;
        std::istringstream stream(body);
        for (std::string line; std::getline(stream, line);)
            lines.push_back(json::parse(line));
        return lines;
    }

    Server& server_;
    fs::path root_;
    Cli cli_;
    Daemon daemon_{cli_};
};

TEST_F(RestLines, every_entry_is_a_line_of_its_own) {
    for (const auto* name : {"b.txt", "a.csv", "c.csv"})
        write_file(root_ / name, "x");
    fs::create_directory(root_ / "deep");
    write_file(root_ / "deep" / "d.csv", "y");
    const auto all = list("?recursive=true&pattern=*.csv&sort=-name");
    ASSERT_EQ(all.status, 200) << all.body;
    EXPECT_EQ(all.headers.at("content-type"), "application/x-ndjson");
    EXPECT_TRUE(all.whole);
    const auto lines = lines_of(all.body);
    ASSERT_EQ(lines.size(), 3U) << all.body;
    EXPECT_EQ(lines[0].at("path"), "/deep/d.csv");
    EXPECT_EQ(lines[2].at("name"), "a.csv");
    EXPECT_EQ(lines[2].at("size"), 1);
    EXPECT_EQ(list("?pattern=nothing").body, "");
    EXPECT_EQ(list("", "HEAD").status, 200);
}

TEST_F(RestLines, what_is_wrong_is_a_problem_as_elsewhere) {
    EXPECT_EQ(list("?path=/nowhere").status, 404);
    EXPECT_EQ(list("?limit=3").status, 400);
    EXPECT_EQ(list("?path=/../..").status, 403);
    EXPECT_EQ(list("?sort=colour").status, 400);
}

TEST_F(RestLines, a_large_directory_is_not_held) {
    constexpr int kFiles = 6'000;
    fs::create_directory(root_ / "small");
    for (int i = 0; i < kFiles; ++i)
        write_file(root_ / (std::string(120, 'n') + std::to_string(i)), "");
    ASSERT_EQ(list("?path=/small").status, 200);
    const auto before = peak_of(daemon_.process());
    const auto all = list("");
    ASSERT_EQ(all.status, 200);
    ASSERT_TRUE(all.whole);
    EXPECT_EQ(std::ranges::count(all.body, '\n'), kFiles + 1);
    EXPECT_GT(all.body.size(), 2'400'000U);
    EXPECT_LT(peak_of(daemon_.process()) - before, 2'300);  // KiB: less than what went through
    EXPECT_EQ(list("?sort=-name").body.size(), all.body.size());
}

}  // namespace
}  // namespace fairlead::test

// watch, with the real binary: a folder of this machine, and real servers.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "support/cli.hpp"
#include "support/server.hpp"

namespace fairlead::test {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

void write(const fs::path& path, const std::string& content) {
    std::ofstream(path, std::ios::binary) << content;
}

/// One look: the events, as "created /in/a".
std::vector<std::string> look(const Cli& fairlead, const std::string& location,
                              std::vector<std::string> more = {}) {
    std::vector<std::string> words{"--json", "watch", location, "--once"};
    words.insert(words.end(), more.begin(), more.end());
    std::istringstream out(fairlead.ok(words));
    std::vector<std::string> events;
    for (std::string line; std::getline(out, line);) {
        const auto event = boost::json::parse(line).as_object();
        EXPECT_EQ(event.at("id").as_string().size(), 32u);
        const std::string where(event.at("location").as_string());
        events.push_back(std::string(event.at("event").as_string()) + " " +
                         fs::path(where).filename().string());
    }
    return events;
}

TEST(Watch, tells_over_several_runs_what_changed_between_them) {
    Cli fairlead;
    const auto folder = fairlead.folder() / "in";
    fs::create_directories(folder / "sub");
    write(folder / "a", "1");
    EXPECT_THAT(look(fairlead, folder.string(), {"-r"}), IsEmpty());
    write(folder / "a", "11");
    write(folder / "sub" / "b", "2");
    EXPECT_THAT(look(fairlead, folder.string(), {"-r"}),
                ::testing::UnorderedElementsAre("modified a", "created b"));
    fs::remove(folder / "a");
    EXPECT_THAT(look(fairlead, folder.string(), {"-r"}), ElementsAre("deleted a"));
    EXPECT_THAT(look(fairlead, folder.string(), {"-r"}), IsEmpty());
    EXPECT_THAT(look(fairlead, folder.string(), {"-r", "--forget", "--first-look", "new"}),
                ElementsAre("created b"));
}

TEST(Watch, says_why_a_file_waits_and_tells_of_it_when_its_marker_is_there) {
    Cli fairlead;
    const auto folder = fairlead.folder() / "in";
    fs::create_directories(folder);
    const std::vector<std::string> marked{"--marker", "{name}.done", "--include", "*.csv"};
    EXPECT_THAT(look(fairlead, folder.string(), marked), IsEmpty());
    write(folder / "a.csv", "1");
    const auto waiting =
        fairlead({"-v", "watch", folder.string(), "--once", "--marker", "{name}.done", "--include", "*.csv"});
    EXPECT_THAT(waiting.errors, HasSubstr("a.csv waits: its marker"));
    write(folder / "a.csv.done", "");
    EXPECT_THAT(look(fairlead, folder.string(), marked), ElementsAre("created a.csv"));
}

class WatchOver : public ::testing::TestWithParam<std::string> {};

TEST_P(WatchOver, finds_files_on_a_real_server) {
    auto& server = Server::shared(GetParam());
    const auto endpoint = server.endpoint();
    Cli fairlead;
    ProcessOptions options;
    options.input = std::string(endpoint.password.reveal());
    std::vector<std::string> words{"connection",
                                   "create",
                                   "p",
                                   "--protocol",
                                   std::string(to_string(endpoint.protocol)),
                                   "--host",
                                   endpoint.host,
                                   "--port",
                                   std::to_string(endpoint.port),
                                   "--username",
                                   endpoint.username,
                                   "--password-stdin",
                                   "--working-directory",
                                   endpoint.working_directory};
    if (!endpoint.sftp.host_keys.empty())
        words.insert(words.end(), {"--host-key", endpoint.sftp.host_keys.front()});
    fairlead.ok(words, options);
    fairlead.ok({"mkdir", "p:/watched"});
    EXPECT_THAT(look(fairlead, "p:/watched"), IsEmpty());
    write(fairlead.folder() / "x.csv", "12345");
    fairlead.ok({"put", (fairlead.folder() / "x.csv").string(), "p:/watched/"});
    EXPECT_THAT(look(fairlead, "p:/watched"), ElementsAre("created x.csv"));
    fairlead.ok({"rm", "-r", "p:/watched/x.csv"});
    EXPECT_THAT(look(fairlead, "p:/watched"), ElementsAre("deleted x.csv"));
    fairlead.ok({"rm", "-r", "p:/watched"});
}

INSTANTIATE_TEST_SUITE_P(Servers, WatchOver, ::testing::Values("vsftpd", "openssh"));

}  // namespace
}  // namespace fairlead::test

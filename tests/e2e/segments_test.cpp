// --segments with the real binary and real servers: one large file over several sessions.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "support/cli.hpp"
#include "support/connect.hpp"
#include "support/server.hpp"

namespace fairlead::test {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::size_t kSize = 21'000'001;  // no boundary of anything

std::vector<std::string> names_in(const fs::path& folder) {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder))
        names.push_back(entry.path().filename().string());
    return names;
}

class SegmentsOnRealServers : public testing::TestWithParam<std::string> {
  protected:
    void SetUp() override {
        server = &Server::shared(GetParam());
        connect(fairlead, "p", *server);
        write_file(work / "file", noise(kSize));
        fs::create_directory(work / "back");
    }
    std::string at(const std::string& name) const { return (work / name).string(); }

    const Server* server = nullptr;
    const Cli fairlead;
    const TemporaryFolder work;
};

TEST_P(SegmentsOnRealServers, a_large_file_goes_up_and_down_in_parts) {
    const auto put = fairlead.json({"put", "--segments", "4", at("file"), "p:up/"});
    EXPECT_EQ(put.at("bytes"), kSize);
    EXPECT_TRUE(read_file(server->root() / "up/file") == noise(kSize));
    EXPECT_THAT(names_in(server->root() / "up"), ElementsAre("file"));
    const auto get = fairlead.json({"get", "--segments", "4", "--checksum", "p:up/file", at("back/")});
    EXPECT_EQ(get.at("proof"), "checksum");
    EXPECT_TRUE(read_file(work / "back/file") == noise(kSize));
    EXPECT_THAT(names_in(work / "back"), ElementsAre("file"));
    fairlead.ok({"rm", "-r", "p:up"});
}

TEST_P(SegmentsOnRealServers, a_file_that_was_killed_in_parts_is_gone_on_with) {
    const auto big = noise(80'000'000);
    write_file(work / "file", big);
    fairlead.ok({"put", at("file"), "p:big"});
    ProcessOptions brief;
    brief.limit = std::chrono::milliseconds(2500);
    const std::vector<std::string> get{"get", "--segments", "3", "p:big", at("back/")};
    auto slowly = get;
    slowly.insert(slowly.end(), {"--bwlimit", "20M"});
    const auto killed = fairlead(slowly, brief);
    ASSERT_TRUE(killed.timed_out) << killed.errors;
    const auto result = fairlead.json(get);
    EXPECT_GT(result.at("resumed").to_number<std::uint64_t>(), 1'000'000u);
    EXPECT_TRUE(read_file(work / "back/big") == big);
    EXPECT_THAT(names_in(work / "back"), ElementsAre("big"));
    fairlead.ok({"rm", "p:big"});
}

INSTANTIATE_TEST_SUITE_P(Servers, SegmentsOnRealServers,
                         testing::Values("vsftpd", "proftpd", "pure-ftpd", "openssh"), [](const auto& info) {
                             auto name = info.param;
                             std::ranges::replace(name, '-', '_');
                             return name;
                         });

}  // namespace
}  // namespace fairlead::test

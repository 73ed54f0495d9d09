// Bandwidth limits with the real binary and real servers. The rates make each run long enough to tell it from
// an unlimited one on the slowest machine, and no longer.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "support/cli.hpp"
#include "support/connect.hpp"
#include "support/daemon.hpp"
#include "support/server.hpp"

namespace fairlead::test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using Seconds = std::chrono::duration<double>;

constexpr std::size_t kFile = 300'000;
constexpr Seconds kLeast{0.45};  // 300,000 bytes at 500,000 a second, of which a tenth of a second is free

class Bandwidth : public testing::Test {
  protected:
    std::string at(const std::string& name) const { return (work / name).string(); }

    Seconds time_of(const std::vector<std::string>& arguments, ProcessOptions options = {}) {
        const auto began = std::chrono::steady_clock::now();
        fairlead.ok(arguments, std::move(options));
        return std::chrono::steady_clock::now() - began;
    }

    const Cli fairlead;
    const TemporaryFolder work;
};

TEST_F(Bandwidth, a_limited_transfer_takes_as_long_as_it_must_over_every_path_of_the_bytes) {
    auto& ftp = Server::shared("vsftpd");
    auto& sftp = Server::shared("openssh");
    connect(fairlead, "ftp", ftp);
    connect(fairlead, "sftp", sftp);
    write_file(work / "f", noise(kFile));
    for (const auto& [name, verb, source, target] :
         std::vector<std::array<std::string, 4>>{{"sendfile", "put", at("f"), "ftp:limited"},
                                                 {"pipes", "get", "ftp:limited", at("from-ftp")},
                                                 {"memory, up", "put", at("f"), "sftp:limited"},
                                                 {"memory, down", "get", "sftp:limited", at("from-sftp")},
                                                 {"two servers", "cp", "sftp:limited", "ftp:copied"},
                                                 {"two folders", "cp", at("f"), at("copied")}}) {
        SCOPED_TRACE(name);
        EXPECT_GE(time_of({verb, "--bwlimit", "500KB", source, target}), kLeast);
    }
    for (const auto* name : {"from-ftp", "from-sftp", "copied"})
        EXPECT_EQ(read_file(work / name), noise(kFile)) << name;
}

TEST_F(Bandwidth, several_files_and_sessions_share_one_limit) {
    auto& server = Server::shared("vsftpd");
    connect(fairlead, "p", server);
    fs::create_directory(work / "tree");
    for (int i = 0; i < 10; ++i)
        write_file(work / "tree" / std::to_string(i), noise(kFile / 10));
    EXPECT_GE(time_of({"put", "-r", "-P", "4", "--bwlimit", "500KB", at("tree"), "p:"}), kLeast);
    EXPECT_GE(time_of({"get", "-r", "-P", "4", "--bwlimit", "500KB", "p:tree", at("back")}), kLeast);
    EXPECT_EQ(read_file(work / "back/tree/7"), noise(kFile / 10));
}

TEST_F(Bandwidth, the_lowest_of_the_commands_the_connections_and_the_process_limit_holds) {
    auto& server = Server::shared("openssh");
    connect(fairlead, "p", server, {"--bwlimit", "500KB"});
    write_file(work / "f", noise(kFile));
    EXPECT_EQ(fairlead.json({"connection", "show", "p"}).at("bandwidthLimit"), "500KB");
    EXPECT_GE(time_of({"put", "--bwlimit", "500M", at("f"), "p:"}), kLeast);
    EXPECT_GE(time_of({"cat", "p:f"}), kLeast);
    fairlead.ok({"connection", "update", "p", "--bwlimit", ""});
    ProcessOptions environment;
    environment.environment["FAIRLEAD_PROCESS_BWLIMIT"] = "500KB";
    EXPECT_GE(time_of({"get", "--bwlimit", "500M", "p:f", at("g")}, environment), kLeast);
}

TEST_F(Bandwidth, the_process_limit_of_a_daemon_holds_for_what_goes_through_it_over_rest) {
    auto& server = Server::shared("vsftpd");
    connect(fairlead, "p", server);
    const Daemon daemon(fairlead, {"--process-bwlimit", "500KB"});
    const std::string content = "/v1/projects/default/connections/p/content?path=/rest";
    const auto large = noise(1'000'000);  // two seconds
    auto began = std::chrono::steady_clock::now();
    EXPECT_EQ(daemon("PUT", content, large).status, 201);
    EXPECT_GE(Seconds(std::chrono::steady_clock::now() - began), Seconds(1.5));
    EXPECT_TRUE(read_file(server.root() / "rest") == large);
    began = std::chrono::steady_clock::now();
    EXPECT_TRUE(daemon("GET", content).body == large);
    // What lies in a buffer for the client, up to 512 KiB, is given out before it is paid for.
    EXPECT_GE(Seconds(std::chrono::steady_clock::now() - began), Seconds(0.9));
    fairlead.ok({"rm", "p:rest"});
}

TEST_F(Bandwidth, a_limit_that_is_not_understood_is_refused_before_anything_is_done) {
    write_file(work / "f", "content");
    const auto flag = fairlead({"cp", "--bwlimit", "08:00,1M noon,off", at("f"), at("g")});
    EXPECT_EQ(flag.status, 2);
    EXPECT_THAT(flag.errors, HasSubstr("'noon,off'"));
    EXPECT_FALSE(fs::exists(work / "g"));
    const auto field = fairlead({"connection", "create", "p", "--host", "h", "--bwlimit", "quick"});
    EXPECT_EQ(field.status, 2);
    EXPECT_THAT(field.errors, HasSubstr("bandwidthLimit"));
}

}  // namespace
}  // namespace fairlead::test

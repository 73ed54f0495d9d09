// --segments with the real binary and real servers: one large file over several sessions.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <thread>

#include "support/cli.hpp"
#include "support/connect.hpp"
#include "support/scripted_ftp.hpp"
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

    /// Runs a command that fills `back`, and kills it there.
    void kill_once_on_disk(const std::vector<std::string>& words, std::uint64_t bytes) const {
        auto command = fairlead.command(words);
        std::vector<char*> arguments;
        for (auto& word : command)
            arguments.push_back(word.data());
        arguments.push_back(nullptr);
        const pid_t child = ::fork();
        if (child == 0) {
            ::execv(arguments[0], arguments.data());
            ::_exit(127);
        }
        const auto patience = std::chrono::steady_clock::now() + std::chrono::minutes(2);
        while (on_disk() < bytes && std::chrono::steady_clock::now() < patience)
            std::this_thread::yield();
        ::kill(child, SIGKILL);
        int status = 0;
        ::waitpid(child, &status, 0);
        ASSERT_TRUE(WIFSIGNALED(status)) << "it came to its end";
    }
    /// Without the holes.
    std::uint64_t on_disk() const {
        std::uint64_t sum = 0;
        for (const auto& name : names_in(work / "back")) {
            struct stat facts {};
            if (::stat((work / "back" / name).c_str(), &facts) == 0)
                sum += static_cast<std::uint64_t>(facts.st_blocks) * 512;
        }
        return sum;
    }

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
    const std::vector<std::string> get{"get", "--segments", "3", "p:big", at("back/")};
    auto slowly = get;
    slowly.insert(slowly.end(), {"--bwlimit", "10M"});
    kill_once_on_disk(slowly, 40'000'000);
    const auto result = fairlead.json(get);
    EXPECT_GT(result.at("resumed").to_number<std::uint64_t>(), 1'000'000u);
    EXPECT_TRUE(read_file(work / "back/big") == big);
    EXPECT_THAT(names_in(work / "back"), ElementsAre("big"));
    fairlead.ok({"rm", "p:big"});
}

/// A server that takes each part but the first and then says 426, when the first one has been confirmed: then
/// the session that brought that has nothing left to do. It does so once for each and keeps what came, or
/// always and keeps nothing.
class BreakingServer {
  public:
    explicit BreakingServer(bool for_ever) : for_ever_(for_ever) {
        ftp.on("STOR", [this](FtpConversation& with, const std::string& name) { take(with, name); });
    }
    ScriptedFtp ftp;
    static constexpr unsigned kOthers = 3;

  private:
    void take(FtpConversation& with, const std::string& name) {
        const auto at = std::exchange(with.restart, 0);
        with.reply("150 send it");
        auto data = with.open_data();
        const auto bytes = data.read_all();
        data.close();
        const auto path = name.starts_with('/') ? name : "/" + name;
        std::unique_lock lock(mutex_);
        if (at == 0 || !for_ever_) keep(path, at, bytes);
        if (at == 0) {
            changed_.wait_for(lock, std::chrono::seconds(20), [&] { return others_ == kOthers; });
            with.reply("226 stored");
            first_ = true;
        } else if (for_ever_ || others_ < kOthers) {
            ++others_;
            changed_.notify_all();
            changed_.wait_for(lock, std::chrono::seconds(20), [&] { return first_; });
            with.reply("426 broken");
        } else {
            with.reply("226 stored");
        }
        changed_.notify_all();
    }

    void keep(const std::string& path, std::size_t at, const std::string& bytes) {
        auto content = ftp.content(path).value_or("");
        content.resize(std::max(content.size(), at + bytes.size()));
        content.replace(at, bytes.size(), bytes);
        ftp.file(path, std::move(content));
    }

    bool for_ever_;
    std::mutex mutex_;  // guards what follows
    std::condition_variable changed_;
    unsigned others_ = 0;
    bool first_ = false;
};

TEST(Segments, that_others_gave_up_are_moved_by_the_session_that_had_nothing_left_to_do) {
    BreakingServer server(false);
    const Cli fairlead;
    const TemporaryFolder work;
    connect(fairlead, "p", server.ftp.endpoint());
    write_file(work / "file", noise(kSize));
    const auto put = fairlead.json({"put", "--segments", "4", (work / "file").string(), "p:file"});
    EXPECT_EQ(put.at("bytes"), kSize);
    EXPECT_TRUE(server.ftp.content("/file") == noise(kSize));
}

TEST(Segments, that_never_arrive_are_a_failure_though_the_size_of_the_rest_is_right) {
    BreakingServer server(true);
    const Cli fairlead;
    const TemporaryFolder work;
    connect(fairlead, "p", server.ftp.endpoint(), {"--retries", "0"});
    write_file(work / "file", noise(kSize));
    const auto put = fairlead({"put", "--segments", "4", (work / "file").string(), "p:file"});
    EXPECT_NE(put.status, 0) << put.errors;
    EXPECT_FALSE(server.ftp.content("/file").has_value());
}

// The session of one part is lost with its STOR on the way; the server makes the file when the others have
// brought that part and given it its name.
TEST(Segments, that_a_server_begins_after_the_end_leave_no_file_behind) {
    ScriptedFtp server;
    std::mutex mutex;  // guards late
    std::string late;
    server.on("STOR", [&](FtpConversation& with, const std::string& path) {
        {
            const std::scoped_lock lock(mutex);
            if (with.restart == 0 || !late.empty()) return with.behave("STOR", path);
            late = path.starts_with('/') ? path : "/" + path;
        }
        with.control.reset();
        with.hang_up();
    });
    server.on("RNTO", [&](FtpConversation& with, const std::string& path) {
        with.behave("RNTO", path);
        const std::scoped_lock lock(mutex);
        with.server.file(late, "late");
    });
    const Cli fairlead;
    const TemporaryFolder work;
    connect(fairlead, "p", server.endpoint());
    write_file(work / "file", noise(kSize));
    fairlead.ok({"put", "--segments", "4", (work / "file").string(), "p:file"});
    EXPECT_TRUE(server.content("/file") == noise(kSize));
    const std::scoped_lock lock(mutex);
    ASSERT_FALSE(late.empty());
    EXPECT_FALSE(server.content(late).has_value()) << late;
}

// Some servers agree to a restart position and then send all of the file.
TEST(Segments, of_a_server_that_ignores_positions_are_given_up_for_one_part) {
    ScriptedFtp server;
    server.file("/file", noise(kSize));
    server.on("RETR", [](FtpConversation& with, const std::string& argument) {
        with.restart = 0;
        with.behave("RETR", argument);
    });
    const Cli fairlead;
    const TemporaryFolder work;
    connect(fairlead, "p", server.endpoint());
    const auto get = fairlead.json({"get", "--segments", "4", "p:/file", (work / "file").string()});
    EXPECT_EQ(get.at("bytes"), kSize);
    EXPECT_TRUE(read_file(work / "file") == noise(kSize));
}

INSTANTIATE_TEST_SUITE_P(Servers, SegmentsOnRealServers,
                         testing::Values("vsftpd", "proftpd", "pure-ftpd", "openssh"), [](const auto& info) {
                             auto name = info.param;
                             std::ranges::replace(name, '-', '_');
                             return name;
                         });

}  // namespace
}  // namespace fairlead::test

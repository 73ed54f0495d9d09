// Transfers of the real binary that are killed in the middle, and what the next run makes of it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <filesystem>
#include <thread>

#include "support/cli.hpp"
#include "support/cut_proxy.hpp"
#include "support/server.hpp"

namespace fairlead::test {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::size_t kSize = 50'000'000;
constexpr std::uint64_t kBreak = 36'000'000;  // bytes through the proxy

struct Peer {
    std::string name, server;
    std::vector<std::string> options;
};

/// A child process that is killed when it goes.
class Child {
  public:
    explicit Child(const std::vector<std::string>& words) : id_(::fork()) {
        if (id_ != 0) return;
        std::vector<char*> arguments;
        for (const auto& word : words)
            arguments.push_back(const_cast<char*>(word.c_str()));
        arguments.push_back(nullptr);
        ::execvp(arguments[0], arguments.data());
        ::_exit(127);
    }
    ~Child() { end(SIGKILL); }
    /// What waitpid told; 0 when it has ended before.
    int end(int signal) {
        int status = 0;
        if (id_ <= 0) return status;
        ::kill(id_, signal);
        ::waitpid(id_, &status, 0);
        id_ = -1;
        return status;
    }

  private:
    pid_t id_;
};

class Broken : public testing::TestWithParam<Peer> {
  protected:
    Broken() : server(GetParam().server, GetParam().options), proxy(server) {
        const auto endpoint = proxy.in_front_of(server.endpoint());
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
        if (endpoint.protocol == Protocol::ftps) words.push_back("--tls-insecure");
        if (!server["host_key"].empty()) words.insert(words.end(), {"--host-key", server["host_key"]});
        fairlead.ok(words, options);
        write_file(work / "original", content);
        write_file(server.root() / "remote", content);
        fs::permissions(server.root() / "remote", fs::perms(0644));
        fs::last_write_time(work / "original", fs::file_time_type::clock::now() - std::chrono::hours(2));
    }

    bool is_sftp() const { return server.endpoint().protocol == Protocol::sftp; }

    /// Starts a transfer that stands still at a byte, and ends it there.
    int break_off(const std::vector<std::string>& words, bool upload, int signal = SIGKILL) {
        Cut cut;
        cut.channel = is_sftp() ? Cut::Channel::control : Cut::Channel::data;
        cut.way = upload ? Cut::Way::to_server : Cut::Way::to_client;
        cut.offset = kBreak;
        cut.kind = Cut::Kind::stall;
        proxy.set(cut);
        std::vector<std::string> quietly{"sh", "-c", "exec \"$@\" 2> " + said().string(), "sh"};
        const auto command = fairlead.command(words);
        quietly.insert(quietly.end(), command.begin(), command.end());
        Child child(quietly);
        const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(60);
        // What passed the proxy may still be on its way through buffers to the disk.
        while ((!proxy.happened() || !much_arrived(upload)) && std::chrono::steady_clock::now() < patience)
            std::this_thread::yield();
        EXPECT_TRUE(proxy.happened());
        const auto status = child.end(signal);
        proxy.pass_all();
        return status;
    }

    /// Whether the unfinished file is long enough for what the tests expect of going on.
    bool much_arrived(bool upload) const {
        const auto folder = upload ? server.root() : work.path();
        for (const auto& entry : fs::recursive_directory_iterator(folder)) {
            std::error_code gone;
            const bool ours = entry.path().extension() == ".fairlead";
            if (ours && entry.file_size(gone) > 32'000'000 && !gone) return true;
        }
        return false;
    }

    /// What the transfer that was broken off wrote on standard error.
    fs::path said() const { return fairlead.folder() / "said"; }

    /// Bytes of file data, about, that went through the proxy since.
    std::uint64_t carried() const {
        std::uint64_t sum = 0;
        for (const auto& each : proxy.carried())
            sum += each.to_client + each.to_server;
        return sum;
    }

    static std::vector<std::string> names(const fs::path& folder) {
        std::vector<std::string> found;
        for (const auto& entry : fs::directory_iterator(folder))
            found.push_back(entry.path().filename().string());
        std::sort(found.begin(), found.end());
        return found;
    }

    std::vector<std::string> journals() const {
        const auto folder = fairlead.data() / "transfers";
        return fs::exists(folder) ? names(folder) : std::vector<std::string>{};
    }

    boost::json::object json(std::vector<std::string> words) {
        return fairlead.json(std::move(words)).as_object();
    }

    const Cli fairlead;
    const TemporaryFolder work;
    Server server;
    CutProxy proxy;
    const std::string content = noise(kSize);
};

TEST_P(Broken, download_that_was_killed_is_gone_on_with_and_leaves_nothing_else) {
    fs::create_directory(work / "in");
    const auto target = (work / "in/f").string();
    break_off({"get", "p:/remote", target}, false);
    ASSERT_THAT(names(work / "in"), testing::SizeIs(1)) << "the unfinished file";
    ASSERT_THAT(journals(), testing::SizeIs(1));
    const auto line = json({"get", "p:/remote", target});
    EXPECT_TRUE(read_file(target) == content);
    EXPECT_THAT(names(work / "in"), ElementsAre("f"));
    EXPECT_GT(line.at("resumed").to_number<std::uint64_t>(), 20'000'000u);
    EXPECT_EQ(line.at("proof").as_string(), "size");
    EXPECT_LT(carried(), 30'000'000u);
    EXPECT_THAT(journals(), IsEmpty());
}

TEST_P(Broken, upload_that_was_killed_is_gone_on_with_and_leaves_nothing_else) {
    const auto source = (work / "original").string();
    break_off({"put", source, "p:/f"}, true);
    ASSERT_THAT(journals(), testing::SizeIs(1));
    const auto line = json({"put", source, "p:/f"});
    EXPECT_TRUE(read_file(server.root() / "f") == content);
    EXPECT_THAT(names(server.root()), ElementsAre("f", "remote"));
    EXPECT_TRUE(line.contains("resumed")) << boost::json::serialize(line);
    EXPECT_LT(carried(), 45'000'000u);
    EXPECT_THAT(journals(), IsEmpty());
}

TEST_P(Broken, download_whose_source_changed_begins_anew) {
    const auto target = (work / "f").string();
    break_off({"get", "p:/remote", target}, false);
    const auto changed = noise(kSize, 99);
    write_file(server.root() / "remote", changed);
    fs::last_write_time(server.root() / "remote", fs::file_time_type::clock::now() - std::chrono::hours(3));
    const auto line = json({"get", "p:/remote", target});
    EXPECT_FALSE(line.contains("resumed"));
    EXPECT_TRUE(read_file(target) == changed);
    EXPECT_THAT(names(work.path()), ElementsAre("f", "original"));
    EXPECT_THAT(journals(), IsEmpty());
}

TEST_P(Broken, download_that_ctrl_c_stopped_keeps_what_arrived_and_says_where) {
    const auto target = (work / "f").string();
    const auto status = break_off({"get", "p:/remote", target}, false, SIGINT);
    EXPECT_EQ(WEXITSTATUS(status), 130);
    ASSERT_THAT(names(work.path()), testing::SizeIs(2));
    EXPECT_THAT(read_file(said()), HasSubstr(names(work.path()).front()));
    const auto line = json({"get", "p:/remote", target});
    EXPECT_TRUE(line.contains("resumed"));
    EXPECT_TRUE(read_file(target) == content);
    EXPECT_THAT(names(work.path()), ElementsAre("f", "original"));
}

TEST_P(Broken, download_is_gone_on_with_by_the_same_run_when_the_connection_breaks) {
    const auto target = (work / "f").string();
    Cut cut;
    cut.channel = is_sftp() ? Cut::Channel::control : Cut::Channel::data;
    cut.offset = kBreak;
    cut.kind = Cut::Kind::reset;
    proxy.set(cut);
    const auto line = json({"get", "--retries", "2", "p:/remote", target});
    EXPECT_TRUE(proxy.happened());
    EXPECT_TRUE(read_file(target) == content);
    EXPECT_EQ(line.at("attempts").to_number<int>(), 2);
    EXPECT_EQ(line.at("bytes").to_number<std::uint64_t>(), kSize);
    EXPECT_LT(carried(), 80'000'000u);
    EXPECT_THAT(names(work.path()), ElementsAre("f", "original"));
}

INSTANTIATE_TEST_SUITE_P(Over, Broken,
                         testing::Values(Peer{"vsftpd", "vsftpd", {}},
                                         Peer{"vsftpd_tls", "vsftpd", {"tls=explicit"}},
                                         Peer{"proftpd", "proftpd", {}}, Peer{"pure_ftpd", "pure-ftpd", {}},
                                         Peer{"openssh", "openssh", {}}),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace fairlead::test

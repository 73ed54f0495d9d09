// A monitor against a reference model (field.md 131): random changes on a real server, whose clock seems to
// jump and whose listings fail at times. Each look must tell exactly the difference that the model knows:
// nothing lost, nothing twice.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <set>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/cli.hpp"
#include "support/daemon.hpp"
#include "support/server.hpp"

namespace fairlead::test {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

constexpr std::int64_t kDay = 86'400;

/// What a server can tell of a file: its size, and the day of its time.
using Version = std::pair<std::uint64_t, std::int64_t>;
using Tree = std::map<std::string, Version>;

/// A folder that is changed at random, its files' times from two years ago to two days ahead: whatever clock made
/// them.
class Folder {
  public:
    explicit Folder(fs::path root) : root_(std::move(root)) {
        for (const auto* sub : {"a", "b"})
            fs::create_directories(root_ / sub);
    }

    void change() {
        const auto name = std::string(random_() % 2 == 0 ? "a/" : "b/") + std::to_string(random_() % 15);
        switch (random_() % 5) {
            case 0:
                return put(name, random_() % 40);
            case 1:
                return put(name, tree_.contains(name) ? tree_[name].first + 1 + random_() % 9 : 0);
            case 2:  // delivered again: another size, and an old time
                if (tree_.contains(name)) put(name, tree_[name].first + 100);
                return;
            case 3:
                fs::remove(root_ / name);
                tree_.erase(name);
                return;
            default:
                rename(name, std::string("a/r") + std::to_string(random_() % 15));
        }
    }

    const Tree& tree() const { return tree_; }
    const fs::path& root() const { return root_; }
    unsigned dice(unsigned sides) { return static_cast<unsigned>(random_() % sides); }

  private:
    void put(const std::string& name, std::uint64_t size) {
        std::ofstream(root_ / name, std::ios::binary | std::ios::trunc) << std::string(size, 'x');
        // At noon of a day, so that neither time zones nor the coarse times of old files blur it.
        const auto day = ::time(nullptr) / kDay + 2 - static_cast<std::int64_t>(random_() % 700);
        const timespec times[2]{{day * kDay + kDay / 2, 0}, {day * kDay + kDay / 2, 0}};
        ::utimensat(AT_FDCWD, (root_ / name).c_str(), times, 0);
        tree_[name] = {size, day};
    }
    void rename(const std::string& from, const std::string& to) {
        if (!tree_.contains(from) || from == to) return;
        fs::rename(root_ / from, root_ / to);
        tree_[to] = tree_[from];
        tree_.erase(from);
    }

    fs::path root_;
    Tree tree_;
    std::mt19937 random_{42};
};

/// What changed from one to the other.
std::multiset<std::string> difference(const Tree& before, const Tree& after) {
    std::multiset<std::string> events;
    for (const auto& [name, version] : after)
        if (!before.contains(name))
            events.insert("created " + name);
        else if (before.at(name) != version)
            events.insert("modified " + name);
    for (const auto& [name, version] : before)
        if (!after.contains(name)) events.insert("deleted " + name);
    return events;
}

class MonitorModel : public ::testing::TestWithParam<std::string> {};

TEST_P(MonitorModel, is_what_the_looks_tell) {
    auto& server = Server::shared(GetParam());
    const auto endpoint = server.endpoint();
    Cli cli;
    ProcessOptions options;
    options.input = std::string(endpoint.password.reveal());
    std::vector<std::string> words{"connection", "create", "p", "--protocol",
                                   std::string(to_string(endpoint.protocol)), "--host", endpoint.host, "--port",
                                   std::to_string(endpoint.port), "--username", endpoint.username, "--password-stdin",
                                   "--working-directory", endpoint.working_directory};
    if (!endpoint.sftp.host_keys.empty()) words.insert(words.end(), {"--host-key", endpoint.sftp.host_keys.front()});
    cli.ok(words, options);
    const auto name = "model" + std::to_string(::getpid());
    cli.ok({"mkdir", "p:/" + name});
    Folder folder(server.root() / name);
    cli.ok({"monitor", "create", "m", "p:/" + name, "--on-demand", "--recursive"});
    auto daemon = std::make_unique<Daemon>(cli);
    const std::string one = "/v1/projects/default/monitors/m";
    ASSERT_EQ((*daemon)("POST", one + "/run").json().at("complete"), true);

    Tree known;
    std::string cursor = "0";
    std::set<std::string> ids;
    unsigned incomplete = 0;
    for (int round = 0; round < 60; ++round) {
        for (unsigned changes = folder.dice(6); changes > 0; --changes)
            folder.change();
        if (folder.dice(15) == 0) {  // what happens meanwhile is found afterwards
            daemon.reset();
            folder.change();
            daemon = std::make_unique<Daemon>(cli);
        }
        // The directory is not to be found for a while, or cannot be listed.
        const auto away = folder.root().string() + ".away";
        const bool fails = folder.dice(4) == 0 && !known.empty();
        if (fails) fs::rename(folder.root(), away);
        const auto answer = (*daemon)("POST", one + "/run");
        if (fails) fs::rename(away, folder.root());
        if (fails) {
            EXPECT_NE(answer.status, 200) << answer.body;
            ++incomplete;
        } else {
            ASSERT_EQ(answer.status, 200) << answer.body;
        }
        std::multiset<std::string> told;
        const auto page = (*daemon)("GET", one + "/events?limit=1000&cursor=" + cursor).json();
        for (const auto& item : page.at("items").as_array()) {
            const auto& event = item.as_object();
            const auto path = std::string(event.at("path").as_string()).substr(name.size() + 2);
            cursor = std::to_string(event.at("sequence").as_int64());
            EXPECT_TRUE(ids.emplace(event.at("id").as_string()).second);
            if (event.at("event") == "renamed") {  // the same as the two that it is made of
                told.insert("deleted " + std::string(event.at("previousPath").as_string()).substr(name.size() + 2));
                told.insert("created " + path);
            } else {
                told.insert(std::string(event.at("event").as_string()) + " " + path);
            }
        }
        if (fails) {
            EXPECT_THAT(told, ::testing::IsEmpty());
            continue;
        }
        EXPECT_EQ(told, difference(known, folder.tree())) << "round " << round;
        known = folder.tree();
    }
    EXPECT_GT(incomplete, 3u);
    EXPECT_GT(ids.size(), 50u);
    fs::remove_all(folder.root());
}

INSTANTIATE_TEST_SUITE_P(Servers, MonitorModel, ::testing::Values("vsftpd", "openssh"));

}  // namespace
}  // namespace fairlead::test

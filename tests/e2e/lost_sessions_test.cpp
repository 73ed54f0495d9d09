// Servers that end sessions whenever they like: no attempt is lost to a session that had ended while it was
// kept, and what nobody answered for is looked at.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <mutex>
#include <utility>

#include "support/connect.hpp"
#include "support/daemon.hpp"
#include "support/scripted_ftp.hpp"
#include "support/server.hpp"

namespace fairlead::test {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

class LostSessions : public testing::Test {
  protected:
    void connect(const std::vector<std::string>& more = {"--retries", "0"}) {
        test::connect(fairlead, "p", server.endpoint(), more);
    }
    /// The server does as it is told and then hangs up: with its answer, or without.
    ScriptedFtp::Handler behave_once(const std::string& verb) {
        return [verb](FtpConversation& with, const std::string& argument) {
            with.behave(verb, argument);
            with.hang_up();
        };
    }
    std::string content(int i) const { return noise(500 + static_cast<std::size_t>(i)); }

    const Cli fairlead;
    const TemporaryFolder work;
    ScriptedFtp server;
};

TEST_F(LostSessions, a_server_that_ends_the_session_after_each_download_costs_no_attempt) {
    for (int i = 0; i < 12; ++i)
        server.file("/in/f" + std::to_string(i), content(i));
    server.folder("/in").on("RETR", behave_once("RETR"));
    connect();
    fairlead.ok({"get", "-r", "-P", "4", "p:/in", (work / "out").string() + "/"});
    for (int i = 0; i < 12; ++i)
        EXPECT_EQ(read_file(work / "out/in" / ("f" + std::to_string(i))), content(i));
    EXPECT_EQ(server.count("RETR"), 12u);
}

TEST_F(LostSessions, a_server_that_ends_the_session_after_each_upload_costs_no_attempt) {
    fs::create_directory(work / "in");
    for (int i = 0; i < 12; ++i)
        write_file(work / "in" / ("f" + std::to_string(i)), content(i));
    server.on("STOR", behave_once("STOR"));
    connect();
    fairlead.ok({"put", "-r", "-P", "4", (work / "in").string(), "p:/"});
    for (int i = 0; i < 12; ++i)
        EXPECT_EQ(server.content("/in/f" + std::to_string(i)), content(i));
    EXPECT_EQ(server.count("STOR"), 12u);
}

TEST_F(LostSessions, a_kept_session_that_dies_with_its_next_command_costs_no_attempt) {
    std::mutex mutex;
    std::map<const FtpConversation*, unsigned> asked;
    for (int i = 0; i < 6; ++i)
        server.file("/in/f" + std::to_string(i), content(i));
    server.folder("/in").on("RETR", [&](FtpConversation& with, const std::string& argument) {
        const std::unique_lock lock(mutex);
        if (++asked[&with] < 2) return with.behave("RETR", argument);
        asked.erase(&with);
        with.hang_up();  // without a word, as a server that was restarted or a middle box would
    });
    connect();
    fairlead.ok({"get", "-r", "-P", "2", "p:/in", (work / "out").string() + "/"});
    for (int i = 0; i < 6; ++i)
        EXPECT_EQ(read_file(work / "out/in" / ("f" + std::to_string(i))), content(i));
}

TEST_F(LostSessions, a_new_session_that_dies_costs_an_attempt) {
    server.file("/f", "content").on("RETR", [](FtpConversation& with, const std::string&) {
        with.hang_up();
    });
    connect({"--retries", "1"});
    EXPECT_EQ(fairlead({"get", "p:/f", (work / "f").string()}).status, 5);
    // The listing of the facts came over the first of them, which was kept.
    EXPECT_LE(server.count("RETR"), 3u);
}

TEST_F(LostSessions, a_removal_whose_answer_is_lost_was_done_when_the_file_is_gone) {
    server.file("/f", "content").on("DELE", [](FtpConversation& with, const std::string& path) {
        with.server.remove_file(path);
        with.hang_up();
    });
    connect();
    fairlead.ok({"rm", "p:/f"});
    EXPECT_EQ(server.count("DELE"), 1u);
    EXPECT_EQ(server.content("/f"), std::nullopt);
}

TEST_F(LostSessions, a_removal_that_was_lost_and_not_done_is_a_failure_that_says_so) {
    server.file("/f", "content").on("DELE", [](FtpConversation& with, const std::string&) {
        with.hang_up();
    });
    connect();
    const auto result = fairlead({"rm", "p:/f"});
    EXPECT_EQ(result.status, 5);
    EXPECT_THAT(result.errors, HasSubstr("Removing '/f' was not done"));
    EXPECT_EQ(server.content("/f"), "content");
}

TEST_F(LostSessions, a_tree_is_removed_though_each_answer_is_lost) {
    server.folder("/d").on("DELE", [](FtpConversation& with, const std::string& path) {
        with.server.remove_file(path);
        with.hang_up();
    });
    for (int i = 0; i < 5; ++i)
        server.file("/d/f" + std::to_string(i), "x");
    connect();
    fairlead.ok({"rm", "-r", "-P", "2", "p:/d"});
    EXPECT_EQ(server.count("DELE"), 5u);
    EXPECT_EQ(fairlead({"stat", "p:/d"}).status, 3);
}

TEST_F(LostSessions, a_renaming_whose_answer_is_lost_was_done_when_it_is_seen) {
    server.file("/f", "new").on("RNTO", [](FtpConversation& with, const std::string& to) {
        with.server.rename_file(with.rename_from, to);
        with.hang_up();
    });
    connect();
    fairlead.ok({"mv", "p:/f", "p:/g"});
    EXPECT_EQ(server.content("/f"), std::nullopt);
    EXPECT_EQ(server.content("/g"), "new");
    EXPECT_EQ(server.count("RNTO"), 1u);
}

TEST_F(LostSessions, the_old_file_stands_aside_when_the_answer_to_that_was_lost) {
    server.file("/f", "new").file("/g", "old").on("RNTO", [](FtpConversation& with, const std::string& to) {
        with.server.rename_file(with.rename_from, to);
        with.hang_up();
    });
    connect({"--retries", "1"});
    const auto result = fairlead({"mv", "p:/f", "p:/g"});
    EXPECT_EQ(result.status, 0) << result.errors;
    EXPECT_EQ(server.content("/f"), std::nullopt);
    EXPECT_EQ(server.content("/g"), "new");
    EXPECT_THAT(result.errors, HasSubstr("may have stayed behind"));
}

TEST_F(LostSessions, a_renaming_that_was_lost_and_not_done_is_a_failure_that_says_so) {
    server.file("/f", "new").file("/g", "old").on("RNTO", [](FtpConversation& with, const std::string&) {
        with.hang_up();
    });
    connect();
    const auto result = fairlead({"mv", "p:/f", "p:/g"});
    EXPECT_EQ(result.status, 5);
    EXPECT_THAT(result.errors, HasSubstr("Renaming '/f' to '/g' was not done"));
    EXPECT_EQ(server.content("/f"), "new");
    EXPECT_EQ(server.content("/g"), "old");
}

TEST_F(LostSessions, what_was_never_there_is_not_taken_for_moved) {
    server.file("/g", "old").on("RNFR", [](FtpConversation& with, const std::string&) { with.hang_up(); });
    connect();
    EXPECT_EQ(fairlead({"mv", "p:/f", "p:/g"}).status, 5);
    EXPECT_EQ(server.content("/g"), "old");
}

TEST_F(LostSessions, a_directory_whose_making_was_not_answered_for_is_made) {
    server.on("MKD", [](FtpConversation& with, const std::string& path) {
        with.server.folder(path);
        with.hang_up();
    });
    connect();
    fairlead.ok({"mkdir", "p:/d"});
    EXPECT_EQ(server.count("MKD"), 1u);
}

TEST_F(LostSessions, an_answer_that_is_lost_where_nobody_can_look_is_told_as_such) {
    server.file("/f", "content").on("DELE", [](FtpConversation& with, const std::string& path) {
        with.server.remove_file(path);
        with.server.file("/stopped", "");
        with.hang_up();
    });
    server.on("USER", [](FtpConversation& with, const std::string& name) {
        if (!with.server.content("/stopped")) return with.behave("USER", name);
        with.reply("421 no more for today");
        with.hang_up();
    });
    connect();
    const auto result = fairlead({"rm", "p:/f"});
    EXPECT_EQ(result.status, 5);
    EXPECT_THAT(result.errors, AllOf(HasSubstr("answer was lost"), HasSubstr("failed too")));
}

/// A password that is changed at the server and in the connection, while a transfer is under way.
class Landmine136 : public LostSessions {
  protected:
    Landmine136() {
        test::connect(fairlead, "p", server.endpoint(), {"--retries", "2"});
        accepted = std::string(server.endpoint().password.reveal());
        server.file("/f", whole);
        server.on("PASS", [this](FtpConversation& with, const std::string& password) {
            const std::scoped_lock lock(mutex);
            with.reply(password == accepted ? "230 welcome" : "530 no");
        });
        server.on("RETR", [this](FtpConversation& with, const std::string& path) {
            {
                const std::scoped_lock lock(mutex);
                if (std::exchange(changed, true)) return with.behave("RETR", path);
                accepted = "new-secret";
            }
            ProcessOptions options;
            options.input = "new-secret";
            fairlead.ok({"connection", "update", "p", "--password-stdin"}, options);
            with.reply("150 here it comes");
            auto data = with.open_data();
            data.write(whole.substr(0, 100'000));
            data.reset();
            with.control.reset();
            with.hang_up();
        });
    }

    const std::string whole = noise(200'000);
    std::mutex mutex;
    std::string accepted;
    bool changed = false;
};

TEST_F(Landmine136, the_next_attempt_of_a_command_uses_the_password_of_that_moment) {
    fairlead.ok({"get", "p:/f", (work / "f").string()});
    EXPECT_EQ(read_file(work / "f"), whole);
    EXPECT_EQ(server.count("PASS"), 2u);
}

TEST_F(Landmine136, the_next_attempt_of_a_daemon_uses_the_password_of_that_moment) {
    const Daemon daemon(fairlead);
    const auto answer = daemon("GET", "/v1/projects/default/connections/p/content?path=/f");
    EXPECT_EQ(answer.status, 200) << answer.body.substr(0, 1000);
    EXPECT_TRUE(answer.body == whole);
    EXPECT_EQ(server.count("PASS"), 2u);
}

}  // namespace
}  // namespace fairlead::test

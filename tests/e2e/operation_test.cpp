// operation and run with the real binary: against a scripted server and real ones, and with kill -9 in the middle.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <boost/json.hpp>
#include <filesystem>
#include <thread>

#include "support/cli.hpp"
#include "support/connect.hpp"
#include "support/scripted_ftp.hpp"
#include "support/server.hpp"

namespace fairlead::test {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

class OperationVerbs : public testing::Test {
  protected:
    std::string at(const std::string& name) const { return (work / name).string(); }
    std::string file(const std::string& name, const std::string& content) {
        write_file(work / name, content);
        return at(name);
    }
    void operation(const std::string& name, std::vector<std::string> flags) {
        flags.insert(flags.begin(), {"operation", "create", name, "--connection", "p"});
        fairlead.ok(flags);
    }
    std::vector<std::string> outcomes(const json::value& answer) {
        std::vector<std::string> words;
        for (const auto& result : answer.at("results").as_array())
            words.emplace_back(result.at("outcome").as_string());
        return words;
    }

    const Cli fairlead;
    const TemporaryFolder work;
};

TEST_F(OperationVerbs, are_made_shown_changed_listed_and_deleted) {
    ScriptedFtp server;
    connect(fairlead, "p", server.endpoint());
    operation("fetch", {"--action", "query", "--filter", R"({"field":"fileName","operator":"wildcard","value":"*.csv"})",
                        "--maximum-count", "5", "--delete-after"});
    auto shown = fairlead.json({"operation", "show", "fetch"});
    EXPECT_EQ(shown.at("maximumCount"), 5);
    EXPECT_EQ(shown.at("revision"), 1);
    fairlead.ok({"operation", "update", "fetch", "--no-delete-after", "--set", "sort=name"});
    shown = fairlead.json({"operation", "show", "FETCH"});
    EXPECT_EQ(shown.at("deleteAfter"), false);
    EXPECT_EQ(shown.at("sort"), "name");
    EXPECT_EQ(shown.at("revision"), 2);
    EXPECT_EQ(fairlead({"operation", "create", "fetch", "--connection", "p"}).status, 8);
    const auto wrong = fairlead({"operation", "update", "fetch", "--maximum-count", "0"});
    EXPECT_EQ(wrong.status, 2);
    EXPECT_THAT(wrong.errors, HasSubstr("maximumCount"));
    EXPECT_THAT(fairlead.json({"operation", "list"}).as_array(), SizeIs(1));
    fairlead.ok({"operation", "delete", "fetch"});
    const auto gone = fairlead({"operation", "show", "fetch"});
    EXPECT_EQ(gone.status, 3);
}

TEST_F(OperationVerbs, documents_share_one_log_in_and_one_that_is_there_fails_alone) {
    ScriptedFtp server;
    server.folder("/in");
    connect(fairlead, "p", server.endpoint());
    operation("store", {"--action", "create", "--remote-directory", "/in"});
    const auto ran = fairlead({"--json", "operation", "run", "store", "--input", file("a", "1"), "--input", file("b", "2"),
                               "--input", file("c", "3")});
    EXPECT_EQ(ran.status, 0) << ran.errors;
    EXPECT_THAT(outcomes(json::parse(ran.output)), ElementsAre("transferred", "transferred", "transferred"));
    EXPECT_EQ(server.content("/in/b"), "2");
    EXPECT_EQ(server.count("PASS"), 1u);
    EXPECT_EQ(server.count("QUIT"), 1u);
    const auto some = fairlead({"--json", "operation", "run", "store", "--input", at("a"), "--input", file("d", "4")});
    EXPECT_EQ(some.status, 10);
    const auto answer = json::parse(some.output);
    EXPECT_THAT(outcomes(answer), ElementsAre("failed", "transferred"));
    EXPECT_EQ(answer.at("results").at(0).at("error").at("code"), "already_exists");
    EXPECT_EQ(answer.at("run").at("state"), "partial");
}

TEST_F(OperationVerbs, attempts_and_their_steps_are_recorded_and_the_conversation_where_it_is_asked_for) {
    ScriptedFtp server;
    server.folder("/in");
    std::atomic<int> stores = 0;
    server.on("STOR", [&](FtpConversation& with, const std::string& argument) {
        if (++stores > 1) return with.behave("STOR", argument);
        with.reply("421 Not now.");
        with.hang_up();
    });
    connect(fairlead, "p", server.endpoint(), {"--retries", "2"});
    operation("store", {"--action", "create", "--remote-directory", "/in"});
    const auto ran = fairlead({"--json", "operation", "run", "store", "--trace", "--input", file("a", "123")});
    EXPECT_EQ(ran.status, 0) << ran.errors;
    const auto answer = json::parse(ran.output);
    const auto& result = answer.at("results").at(0);
    EXPECT_EQ(result.at("attempts"), 2);
    const auto& history = result.at("history").as_array();
    ASSERT_THAT(history, SizeIs(2));
    const auto& first = history[0].at("steps").as_array();
    EXPECT_EQ(first.front().at("step"), "connect");
    EXPECT_EQ(first.back().at("ok"), false);
    EXPECT_FALSE(history[0].at("error").is_null());
    EXPECT_FALSE(history[0].at("node").as_string().empty());
    EXPECT_EQ(history[1].at("steps").as_array().back().at("step"), "publish");
    EXPECT_TRUE(history[1].at("error").is_null());
    EXPECT_EQ(history[1].at("bytes"), 3);

    const std::string id(answer.at("run").at("id").as_string());
    const auto shown = fairlead.ok({"run", "show", id, "--attempts"});
    EXPECT_THAT(shown, HasSubstr("attempt 1"));
    EXPECT_THAT(shown, HasSubstr("failed at "));
    EXPECT_THAT(fairlead.ok({"run", "files", "--name", "a", "--since", "yesterday", "--attempts"}), HasSubstr("attempt 2"));
    const auto trace = fairlead.ok({"run", "show", id, "--trace"});
    EXPECT_THAT(trace, HasSubstr(" p > STOR "));
    EXPECT_THAT(trace, HasSubstr(" p < 421 Not now."));
    EXPECT_THAT(trace, HasSubstr(" p > PASS "));
    EXPECT_THAT(trace, Not(HasSubstr(std::string(server.endpoint().password.reveal()))));
    const auto plain = fairlead.json({"operation", "run", "store", "--input", file("b", "1")});
    const std::string other(plain.at("run").at("id").as_string());
    EXPECT_EQ(fairlead({"run", "show", other, "--trace"}).status, 3);
}

TEST_F(OperationVerbs, get_query_list_delete_and_move_on_a_real_server) {
    auto& server = Server::shared("vsftpd");
    connect(fairlead, "p", server);
    fs::create_directories(server.root() / "op/sub");
    write_file(server.root() / "op/a.csv", "aaa");
    write_file(server.root() / "op/b.csv", "bb");
    write_file(server.root() / "op/c.txt", "c");
    for (const auto* folder : {"op", "op/sub"})
        fs::permissions(server.root() / folder, fs::perms::all);  // it is not the server's user that makes them
    operation("one", {"--action", "get", "--remote-directory", "/op"});
    EXPECT_EQ(fairlead.ok({"operation", "run", "one", "--id", "a.csv", "--output", "-"}), "aaa");
    const auto nothing = fairlead.json({"operation", "run", "one", "--id", "none", "--output", at("got")});
    EXPECT_THAT(outcomes(nothing), ElementsAre("absent"));
    EXPECT_EQ(fairlead({"operation", "run", "one", "--id", "none", "--output", at("got"), "--set", "strict=true"}).status, 3);

    operation("facts", {"--action", "list", "--remote-directory", "/op", "--sort", "name", "--filter",
                        R"({"field":"fileType","operator":"=","parameter":"kind"})"});
    const auto entry = fairlead.json({"operation", "run", "facts", "--parameter", "kind=directory"});
    EXPECT_EQ(entry.at("fileName"), "sub");
    EXPECT_EQ(fairlead({"operation", "run", "facts"}).status, 2);

    operation("some", {"--action", "query", "--remote-directory", "/op", "--move-after", "done", "--filter",
                       R"({"field":"fileName","operator":"wildcard","value":"*.csv"})", "--sort", "name"});
    const auto queried = fairlead.json({"operation", "run", "some", "--output", at("out")});
    EXPECT_THAT(outcomes(queried), ElementsAre("transferred", "transferred"));
    EXPECT_EQ(queried.at("results").at(1).at("properties").at("File Name"), "b.csv");
    EXPECT_EQ(read_file(work / "out/b.csv"), "bb");
    EXPECT_TRUE(fs::exists(server.root() / "op/done/a.csv"));

    operation("away", {"--action", "move", "--target-directory", "/op/sub"});
    fairlead.ok({"operation", "run", "away", "--id", "/op/c.txt"});
    EXPECT_TRUE(fs::exists(server.root() / "op/sub/c.txt"));
    operation("drop", {"--action", "delete", "--remote-directory", "/op/sub"});
    fairlead.ok({"operation", "run", "drop", "--id", "c.txt"});
    EXPECT_EQ(fairlead({"operation", "run", "drop", "--id", "c.txt"}).status, 3);
    EXPECT_TRUE(fs::is_directory(server.root() / "op/sub"));
}

TEST_F(OperationVerbs, a_run_whose_process_is_killed_is_found_and_retried_without_doing_anything_twice) {
    auto& server = Server::shared("vsftpd");
    connect(fairlead, "p", server, {"--bwlimit", "400K"});
    fs::create_directories(server.root() / "killed");
    fs::permissions(server.root() / "killed", fs::perms::all);
    operation("store", {"--action", "create", "--remote-directory", "/killed"});
    const auto large = noise(1'200'000);
    const auto words = fairlead.command({"operation", "run", "store", "--input", file("first", "small"), "--input",
                                         file("second", large)});
    const auto child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        std::vector<char*> arguments;
        for (const auto& word : words)
            arguments.push_back(const_cast<char*>(word.c_str()));
        arguments.push_back(nullptr);
        ::execv(arguments.front(), arguments.data());
        ::_exit(127);
    }
    // Until the first document is recorded and the second is under way.
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    const auto under_way = [&] {
        for (const auto& entry : fs::directory_iterator(server.root() / "killed"))
            if (entry.path().filename().string().starts_with(".second") && entry.file_size() > 100'000) return true;
        return false;
    };
    while (!under_way() && std::chrono::steady_clock::now() < limit)
        std::this_thread::yield();
    ASSERT_TRUE(under_way());
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);

    const auto found = fairlead.json({"run", "list"}).as_array();
    ASSERT_THAT(found, SizeIs(1));
    EXPECT_EQ(found[0].at("state"), "failed");
    EXPECT_EQ(found[0].at("error").at("code"), "incomplete");
    EXPECT_EQ(found[0].at("succeeded"), 1);
    const std::string id(found[0].at("id").as_string());
    const auto retried = fairlead.json({"run", "retry", id});
    EXPECT_EQ(retried.at("run").at("state"), "succeeded");
    EXPECT_EQ(retried.at("run").at("retryOf"), json::string(id));
    ASSERT_THAT(retried.at("results").as_array(), SizeIs(1));  // the first was done
    EXPECT_EQ(read_file(server.root() / "killed/second"), large);
    EXPECT_EQ(fairlead({"run", "retry", std::string(retried.at("run").at("id").as_string())}).status, 8);
    const auto events = fairlead.ok({"run", "watch", id});
    EXPECT_THAT(events, HasSubstr("run.finished"));
}

}  // namespace
}  // namespace fairlead::test

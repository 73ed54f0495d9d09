// How often, when and after which errors a file is tried again: what flows and operations say, against a server that
// fails as often as it is told to.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <filesystem>
#include <map>
#include <mutex>

#include "support/cli.hpp"
#include "support/connect.hpp"
#include "support/scripted_ftp.hpp"

namespace fairlead::test {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using ::testing::AllOf;
using ::testing::HasSubstr;

class RetryPolicy : public testing::Test {
  protected:
    RetryPolicy() {
        fs::create_directory(work / "out");
        server.folder("/in");
        for (const auto* path : {"/in/fails-twice", "/in/fails-always", "/in/is-fine"})
            server.file(path, "content");
        server.on("RETR", [this](FtpConversation& with, const std::string& name) {
            const auto path = name.starts_with('/') ? name : with.directory + "/" + name;
            const auto time = ++asked(path);
            const bool fails = path.ends_with("always") || (path.ends_with("twice") && time <= 2);
            if (fails) return with.reply(answer);
            with.behave("RETR", name);
        });
        connect(fairlead, "p", server.endpoint(), {"--retries", "7"});
    }
    int& asked(const std::string& path) {
        const std::lock_guard lock(mutex);
        return times[path];
    }
    std::string out() const { return (work / "out").string() + "/"; }
    json::value last_run() { return fairlead.json({"run", "list"}).as_array().at(0); }

    const Cli fairlead;
    const TemporaryFolder work;
    std::mutex mutex;
    std::map<std::string, int> times;
    std::string answer = "450 The file is in use.";  // conflict
    ScriptedFtp server;
};

TEST_F(RetryPolicy, a_flow_tries_each_file_as_often_as_it_says_after_the_errors_that_it_names) {
    fairlead.ok({"flow", "create", "f", "--source", "p:/in", "--target", out(), "--attempts", "3", "--retry-wait", "1ms",
                 "--retry-longest-wait", "2ms", "--retry-factor", "1", "--retry-jitter", "0", "--retry-errors",
                 "conflict,connection_lost"});
    const auto shown = fairlead.json({"flow", "show", "f"}).at("retry");
    EXPECT_EQ(shown.at("errors"), (json::array{"conflict", "connection_lost"}));
    EXPECT_EQ(shown.at("factor"), 1);
    EXPECT_EQ(fairlead({"flow", "run", "f"}).status, 10);
    EXPECT_EQ(asked("/in/fails-twice"), 3);
    EXPECT_EQ(asked("/in/fails-always"), 3);
    EXPECT_EQ(asked("/in/is-fine"), 1);
    EXPECT_EQ(last_run().at("error").at("code"), "conflict");

    fairlead.ok({"flow", "update", "f", "--retry-errors", "timeout"});
    EXPECT_EQ(fairlead({"flow", "run", "f"}).status, 8);
    EXPECT_EQ(asked("/in/fails-always"), 4) << "that error is not named";
    EXPECT_EQ(asked("/in/fails-twice"), 3) << "delivered is delivered";
}

TEST_F(RetryPolicy, an_operation_does_the_same) {
    fairlead.ok({"operation", "create", "fetch", "--connection", "p", "--action", "get", "--retries", "4", "--retry-wait",
                 "1ms", "--retry-errors", "conflict"});
    EXPECT_EQ(fairlead({"operation", "run", "fetch", "--set", "fileName=/in/fails-twice", "--output", out()}).status, 0);
    EXPECT_EQ(asked("/in/fails-twice"), 3);
    EXPECT_NE(fairlead({"operation", "run", "fetch", "--set", "fileName=/in/fails-always", "--output", out()}).status, 0);
    EXPECT_EQ(asked("/in/fails-always"), 5);
    fairlead.ok({"operation", "update", "fetch", "--retry-errors", "timeout,connection_lost"});
    EXPECT_NE(fairlead({"operation", "run", "fetch", "--set", "fileName=/in/fails-always", "--output", out()}).status, 0);
    EXPECT_EQ(asked("/in/fails-always"), 6);
}

TEST_F(RetryPolicy, what_is_refused_for_good_is_tried_once_whatever_is_named) {
    answer = "550 Permission denied.";
    fairlead.ok({"flow", "create", "f", "--source", "p:/in", "--target", out(), "--attempts", "5", "--retry-wait", "1ms",
                 "--retry-errors", "permission_denied,incomplete"});
    EXPECT_EQ(fairlead({"flow", "run", "f"}).status, 10);
    EXPECT_EQ(asked("/in/fails-always"), 1);
}

TEST_F(RetryPolicy, a_wrong_password_is_given_once_and_cannot_be_named) {
    ScriptedFtp closed;
    closed.on("PASS", "530 Login incorrect.");
    connect(fairlead, "closed", closed.endpoint(), {"--retries", "7"});
    fairlead.ok({"flow", "create", "f", "--source", "closed:/in", "--target", out(), "--attempts", "5", "--retry-wait", "1ms"});
    EXPECT_EQ(fairlead({"flow", "run", "f"}).status, 4);
    EXPECT_EQ(closed.count("PASS"), 1u);
    const auto refused = fairlead({"flow", "update", "f", "--retry-errors", "authentication_failed,time_out"});
    EXPECT_EQ(refused.status, 2);
    EXPECT_THAT(refused.errors, AllOf(HasSubstr("retry.errors"), HasSubstr("authentication_failed"),
                                      HasSubstr("did you mean timeout?"), HasSubstr("connection_lost")));
}

}  // namespace
}  // namespace fairlead::test

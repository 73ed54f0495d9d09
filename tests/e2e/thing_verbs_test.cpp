// What can be done with everything that is stored under a name, here with operations and what they use.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <boost/json.hpp>

#include "support/any_store.hpp"
#include "support/cli.hpp"

namespace fairlead::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class ThingVerbs : public OnAnyStore {
  protected:
    ThingVerbs() {
        fairlead.ok({"connection", "create", "partner", "--host", "h"});
        fairlead.ok({"operation", "create", "fetch", "--action", "query", "--connection", "partner", "--maximum-count", "5"});
    }
    boost::json::value shown(const std::string& name) const { return fairlead.json({"operation", "show", name}); }

    const Cli fairlead;
};
FAIRLEAD_ON_ANY_STORE(ThingVerbs);

TEST_P(ThingVerbs, rename_an_operation_and_let_it_follow_its_connection) {
    EXPECT_EQ(fairlead.json({"operation", "rename", "fetch", "collect"}).at("name"), "collect");
    EXPECT_EQ(fairlead({"operation", "show", "fetch"}).status, 3);
    EXPECT_EQ(fairlead({"operation", "rename", "collect", " x"}).status, 2);
    fairlead.ok({"operation", "duplicate", "collect", "other"});
    EXPECT_EQ(fairlead({"operation", "rename", "other", "COLLECT"}).status, 8);
    fairlead.ok({"connection", "rename", "partner", "acme"});
    EXPECT_EQ(shown("collect").at("connection"), "acme");
    EXPECT_EQ(shown("other").at("connection"), "acme");
    EXPECT_EQ(fairlead.json({"connection", "used", "acme"}).as_array().size(), 2u);
    EXPECT_EQ(fairlead({"connection", "delete", "acme"}).status, 8);
    EXPECT_EQ(fairlead.json({"operation", "used", "collect"}).as_array().size(), 0u);
}

TEST_P(ThingVerbs, disable_and_enable_an_operation) {
    EXPECT_EQ(fairlead.json({"operation", "disable", "fetch"}).at("enabled"), false);
    const auto refused = fairlead({"operation", "run", "fetch", "--output", "."});
    EXPECT_EQ(refused.status, 9);
    EXPECT_THAT(refused.errors, HasSubstr("fairlead operation enable fetch"));
    EXPECT_EQ(fairlead.json({"operation", "disable", "fetch"}).at("revision"), 2) << "nothing more to change";
    EXPECT_EQ(fairlead.json({"operation", "enable", "fetch"}).at("enabled"), true);
    EXPECT_THAT(fairlead.ok({"operation", "list"}), AllOf(HasSubstr("NAME"), HasSubstr("fetch")));
}

TEST_P(ThingVerbs, tell_the_history_and_roll_back) {
    fairlead.ok({"operation", "update", "fetch", "--maximum-count", "7"});
    EXPECT_THAT(fairlead.ok({"operation", "history", "fetch"}), HasSubstr("maximumCount: 5 → 7"));
    const auto back = fairlead.json({"operation", "rollback", "fetch", "--to", "1"});
    EXPECT_EQ(back.at("maximumCount"), 5);
    EXPECT_EQ(back.at("revision"), 3);
    EXPECT_EQ(fairlead({"operation", "rollback", "fetch", "--to", "9"}).status, 3);
    EXPECT_EQ(fairlead({"operation", "rollback", "fetch", "--to", "2", "--if-revision", "2"}).status, 8);
    EXPECT_EQ(fairlead.json({"audit", "list", "--kind", "operation", "--action", "rollback"}).as_array().size(), 1u);
}

TEST_P(ThingVerbs, move_an_operation_and_warn_of_what_is_not_there) {
    const auto moved = fairlead.json({"operation", "move", "fetch", "--to", "global"});
    EXPECT_EQ(moved.at("project"), "global");
    EXPECT_THAT(boost::json::serialize(moved.at("warnings")), HasSubstr("has no connection 'partner'"));
    EXPECT_EQ(fairlead({"--project", "shop", "operation", "show", "fetch"}).status, 0);
    EXPECT_EQ(fairlead({"operation", "delete", "fetch", "--if-revision", "1"}).status, 8);
    fairlead.ok({"operation", "delete", "fetch"});
    EXPECT_EQ(fairlead({"operation", "show", "fetch"}).status, 3);
}

TEST_P(ThingVerbs, carry_an_operation_and_its_connection_in_a_bundle) {
    const auto file = (fairlead.folder() / "b.zip").string();
    const auto made = fairlead.json({"operation", "export", "fetch", "-o", file}).at("items").as_array();
    ASSERT_EQ(made.size(), 2u);
    // Into a project of its own, where a connection has the name already: the operation keeps to what came with it.
    const std::string project = "elsewhere";
    fairlead.ok({"--project", project, "connection", "create", "partner", "--host", "another"});
    EXPECT_EQ(fairlead({"--project", project, "operation", "import", file}).status, 8);
    EXPECT_EQ(fairlead.json({"--project", project, "operation", "list"}).as_array().size(), 0u) << "nothing of it";
    fairlead.ok({"--project", project, "operation", "import", file, "--on-conflict", "rename"});
    const auto operation = fairlead.json({"--project", project, "operation", "show", "fetch"});
    EXPECT_EQ(operation.at("connection"), "partner-2");
    EXPECT_EQ(operation.at("maximumCount"), 5);
    EXPECT_EQ(fairlead.json({"--project", project, "connection", "show", "partner-2"}).at("host"), "h");
    EXPECT_EQ(fairlead.json({"--project", project, "connection", "used", "partner-2"}).as_array().size(), 1u);
    fairlead.ok({"connection", "export", "--scope", "project", "-o", file});
    const auto whole = fairlead.json({"--project", "third", "connection", "import", file, "--dry-run"}).at("items").as_array();
    EXPECT_EQ(whole.size(), 2u);
    EXPECT_EQ(whole.at(0).at("kind"), "connection");
    EXPECT_EQ(whole.at(1).at("kind"), "operation");
}

TEST_P(ThingVerbs, are_those_of_flows_too_and_renaming_reaches_all_that_a_flow_names) {
    fairlead.ok({"flow", "create", "first", "--source", "partner:/out", "--target",
                 (fairlead.folder() / "arrived").string() + "/"});
    fairlead.ok({"flow", "duplicate", "first", "second"});
    fairlead.ok({"flow", "update", "second", "--after", "first"});
    fairlead.ok({"flow", "rename", "first", "one"});
    fairlead.ok({"connection", "rename", "partner", "acme"});
    auto second = fairlead.json({"flow", "show", "second"});
    EXPECT_EQ(second.at("triggers").at("after").at(0), "one");
    EXPECT_EQ(second.at("source").at("connection"), "acme");
    EXPECT_EQ(fairlead.json({"flow", "used", "one"}).as_array().size(), 1u);
    EXPECT_EQ(fairlead.json({"flow", "disable", "second"}).at("enabled"), false);
    EXPECT_GE(fairlead.json({"flow", "history", "second"}).as_array().size(), 4u);
    const auto file = (fairlead.folder() / "f.zip").string();
    EXPECT_EQ(fairlead.json({"flow", "export", "second", "-o", file}).at("items").as_array().size(), 3u);
    fairlead.ok({"--project", "elsewhere", "flow", "import", file});
    second = fairlead.json({"--project", "elsewhere", "flow", "show", "second"});
    EXPECT_EQ(second.at("source").at("connection"), "acme");
    EXPECT_EQ(second.at("enabled"), false);
}

TEST_P(ThingVerbs, are_those_of_monitors_too_and_flows_follow_them) {
    ProcessOptions secret;
    secret.environment["HOOK_SECRET"] = "s3cret";
    fairlead.ok({"monitor", "create", "inbox", "partner:/in", "--webhook-url", "http://127.0.0.1:9/",
                 "--webhook-secret-env", "HOOK_SECRET", "--set", "settleLooks=2"},
                secret);
    fairlead.ok({"flow", "create", "deliver", "--source", "partner:/in", "--target",
                 (fairlead.folder() / "arrived").string() + "/", "--monitor", "inbox"});
    EXPECT_EQ(fairlead({"monitor", "delete", "inbox"}).status, 8) << "the flow uses it";
    EXPECT_EQ(fairlead.json({"monitor", "rename", "inbox", "mail"}).at("settleLooks"), 2);
    EXPECT_EQ(fairlead.json({"flow", "show", "deliver"}).at("triggers").at("monitor"), "mail");
    EXPECT_EQ(fairlead.json({"monitor", "used", "mail"}).as_array().size(), 1u);
    fairlead.ok({"connection", "rename", "partner", "acme"});
    EXPECT_EQ(fairlead.json({"monitor", "show", "mail"}).at("connection"), "acme");
    EXPECT_EQ(fairlead.json({"monitor", "update", "mail", "--description", "x"}).at("warnings").as_array().size(), 0u);
    const auto elsewhere = fairlead.json({"monitor", "update", "mail", "acme:/other"});
    EXPECT_THAT(boost::json::serialize(elsewhere.at("warnings")), HasSubstr("the next look is a first one"));
    const auto back = fairlead.json({"monitor", "rollback", "mail", "--to", "1"});
    EXPECT_THAT(boost::json::serialize(back.at("warnings")), HasSubstr("partner")) << "which has another name now";
    EXPECT_EQ(fairlead.json({"monitor", "rollback", "mail", "--to", "3"}).at("path"), "/in");
    EXPECT_EQ(fairlead.json({"monitor", "duplicate", "mail", "copy"}).at("secretsSet").at(0), "webhookSecret");
    EXPECT_EQ(fairlead.json({"monitor", "stop", "copy"}).at("enabled"), false);
    EXPECT_EQ(fairlead.json({"monitor", "start", "copy"}).at("enabled"), true);
    const auto file = (fairlead.folder() / "m.zip").string();
    EXPECT_EQ(fairlead.json({"flow", "export", "deliver", "-o", file}).at("items").as_array().size(), 3u);
    fairlead.ok({"--project", "elsewhere", "monitor", "import", file});
    const auto there = fairlead.json({"--project", "elsewhere", "monitor", "show", "mail"});
    EXPECT_EQ(there.at("connection"), "acme");
    EXPECT_EQ(there.at("secretsSet").as_array().size(), 0u) << "without a passphrase";
    fairlead.ok({"monitor", "delete", "copy"});
    EXPECT_EQ(fairlead({"monitor", "show", "copy"}).status, 3);
    EXPECT_EQ(fairlead.json({"monitor", "move", "mail", "--to", "global"}).at("project"), "global");
}

}  // namespace
}  // namespace fairlead::test

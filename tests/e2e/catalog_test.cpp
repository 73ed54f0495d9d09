#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <boost/json.hpp>

#include <filesystem>
#include <fstream>
#include <thread>

#include "support/any_store.hpp"
#include "support/cli.hpp"

namespace fairlead::test {
namespace {

namespace json = boost::json;
using ::testing::HasSubstr;
using ::testing::Not;

json::value error_of(const ProcessResult& result) {
    return json::parse(result.errors);
}

class CatalogVerbs : public OnAnyStore {};
FAIRLEAD_ON_ANY_STORE(CatalogVerbs);

TEST_P(CatalogVerbs, resolve_variables_by_environment_and_name_what_is_missing) {
    const Cli fairlead;
    fairlead.ok({"connection", "create", "partner", "--host", "${host}", "--port", "${port}", "--retries", "0"});
    EXPECT_EQ(fairlead.json({"connection", "show", "partner"}).at("port"), "${port}");
    fairlead.ok({"variable", "set", "host", "127.0.0.1"});
    fairlead.ok({"variable", "set", "port", "1", "--environment", "test"});
    const auto none = fairlead({"connection", "test", "partner", "--json"});
    EXPECT_EQ(none.status, 2);
    EXPECT_THAT(none.errors, HasSubstr("'port'"));
    EXPECT_THAT(none.errors, HasSubstr("none was chosen"));
    const auto other = fairlead({"connection", "test", "partner", "--environment", "production", "--json"});
    EXPECT_EQ(other.status, 2);
    EXPECT_THAT(other.errors, HasSubstr("'production'"));
    EXPECT_EQ(error_of(other).at("faults").at(0).at("field"), "port");
    EXPECT_EQ(fairlead({"connection", "test", "partner", "--environment", "test"}).status, 5);  // nobody there
    EXPECT_EQ(fairlead({"ls", "partner:", "--environment", "nowhere"}).status, 3);
}

TEST_P(CatalogVerbs, never_show_a_secret_value) {
    const Cli fairlead;
    ProcessOptions options;
    options.input = "planted-secret\n";
    fairlead.ok({"variable", "set", "pw", "--secret", "--value-stdin", "--environment", "test"}, options);
    fairlead.ok({"variable", "set", "user", "planted-secret", "--secret"});
    fairlead.ok({"connection", "create", "partner", "--host", "h", "--username", "${user}"});
    std::string all;
    for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
             {"variable", "list"}, {"variable", "show", "pw"}, {"variable", "list", "--json"},
             {"connection", "show", "partner", "--resolved"}, {"connection", "show", "partner", "--resolved", "--json"},
             {"audit", "list", "--json"}, {"connection", "history", "partner", "--json"}}) {
        const auto result = fairlead(arguments);
        EXPECT_EQ(result.status, 0) << result.errors;
        all += result.output + result.errors;
    }
    EXPECT_THAT(all, Not(HasSubstr("planted-secret")));
    for (const auto& entry : std::filesystem::directory_iterator(fairlead.data())) {
        std::ifstream file(entry.path(), std::ios::binary);
        const std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
        EXPECT_THAT(bytes, Not(HasSubstr("planted-secret"))) << entry.path();
    }
    EXPECT_TRUE(fairlead.json({"variable", "show", "user"}).at("value").is_null());
}

TEST_P(CatalogVerbs, preview_every_environment_at_once) {
    const Cli fairlead;
    fairlead.ok({"connection", "create", "partner", "--host", "${host}"});
    fairlead.ok({"variable", "set", "host", "t.example.com", "--environment", "test"});
    const auto all = fairlead.json({"connection", "show", "partner", "--resolved", "--environment", "all"});
    ASSERT_EQ(all.at("environments").as_array().size(), 3u);
    EXPECT_EQ(all.at("environments").at(2).at("environment"), "test");
    EXPECT_EQ(all.at("environments").at(2).at("fields").at("host"), "t.example.com");
    EXPECT_EQ(all.at("environments").at(0).at("ok"), false);
    EXPECT_THAT(fairlead.ok({"connection", "show", "partner", "--resolved"}), HasSubstr("t.example.com"));
}

TEST_P(CatalogVerbs, roll_back_move_and_tell_the_history) {
    const Cli fairlead;
    fairlead.ok({"connection", "create", "partner", "--host", "one.example.com"});
    fairlead.ok({"connection", "update", "partner", "--host", "two.example.com"});
    EXPECT_THAT(fairlead.ok({"connection", "history", "partner"}), HasSubstr("host: one.example.com → two.example.com"));
    const auto back = fairlead.json({"connection", "rollback", "partner", "--to", "1"});
    EXPECT_EQ(back.at("host"), "one.example.com");
    EXPECT_EQ(back.at("revision"), 3);
    EXPECT_EQ(fairlead.json({"connection", "move", "partner", "--to", "global"}).at("project"), "global");
    EXPECT_EQ(fairlead.json({"connection", "show", "partner", "--project", "shop"}).at("id"), back.at("id"));
    const auto audit = fairlead.json({"audit", "list", "--kind", "connection", "--name", "partner"}).as_array();
    ASSERT_EQ(audit.size(), 4u);
    EXPECT_EQ(audit[0].at("action"), "move");
    EXPECT_EQ(fairlead.json({"audit", "list", "--action", "rollback", "--since", "1h"}).as_array().size(), 1u);
    EXPECT_EQ(fairlead.json({"audit", "list", "--until", "2020-01-01T00:00:00Z"}).as_array().size(), 0u);
    EXPECT_EQ(fairlead({"audit", "list", "--kind", "nothing"}).status, 2);
}

TEST_P(CatalogVerbs, override_fields_for_one_use) {
    const Cli fairlead;
    fairlead.ok({"connection", "create", "partner", "--host", "127.0.0.1", "--port", "1", "--retries", "0"});
    const auto wrong = fairlead({"ls", "partner:", "--override", "nosuch=1", "--override", "timeoutSeconds=0", "--json"});
    EXPECT_EQ(wrong.status, 2);
    EXPECT_THAT(wrong.errors, HasSubstr("nosuch"));
    EXPECT_THAT(wrong.errors, HasSubstr("timeoutSeconds"));
    const auto secret = fairlead({"ls", "partner:", "--override", "password=planted-secret"});
    EXPECT_EQ(secret.status, 2);
    EXPECT_THAT(secret.errors, Not(HasSubstr("planted-secret")));
    EXPECT_EQ(fairlead({"ls", "partner:", "--override", "ftp.active=true"}).status, 5);  // tried, and nobody is there
    EXPECT_EQ(fairlead.json({"connection", "show", "partner"}).at("ftp").at("active"), false);
}

TEST_P(CatalogVerbs, let_one_of_two_processes_win_and_tell_the_other) {
    const Cli fairlead;
    fairlead.ok({"connection", "create", "partner", "--host", "h"});
    constexpr int kProcesses = 4;
    std::vector<int> statuses(kProcesses);
    std::vector<std::thread> threads;
    for (int i = 0; i < kProcesses; ++i)
        threads.emplace_back([&, i] {
            statuses[static_cast<std::size_t>(i)] =
                fairlead({"connection", "update", "partner", "--host", "h" + std::to_string(i), "--if-revision", "1"})
                    .status;
        });
    for (auto& thread : threads)
        thread.join();
    EXPECT_EQ(std::ranges::count(statuses, 0), 1);
    EXPECT_EQ(std::ranges::count(statuses, 8), kProcesses - 1);
    EXPECT_EQ(fairlead.json({"connection", "show", "partner"}).at("revision"), 2);
}

TEST_P(CatalogVerbs, keep_projects_and_environments) {
    const Cli fairlead;
    fairlead.ok({"environment", "create", "staging", "--description", "before production"});
    EXPECT_EQ(fairlead.json({"environment", "list"}).as_array().size(), 4u);
    EXPECT_EQ(fairlead({"environment", "create", "Staging"}).status, 8);
    fairlead.ok({"variable", "set", "v", "1", "--environment", "staging"});
    EXPECT_EQ(fairlead({"environment", "delete", "staging"}).status, 8);
    fairlead.ok({"environment", "delete", "staging", "--force"});
    fairlead.ok({"connection", "create", "c", "--host", "h", "--project", "shop"});
    EXPECT_EQ(fairlead.json({"project", "list"}).as_array().size(), 3u);
    EXPECT_EQ(fairlead({"project", "delete", "shop"}).status, 8);
    EXPECT_EQ(fairlead({"variable", "set", "v", "1", "--environment", "nowhere"}).status, 3);
    EXPECT_EQ(fairlead({"variable", "set", "a b", "1"}).status, 2);
    EXPECT_EQ(fairlead({"variable", "delete", "nothing"}).status, 3);
}

}  // namespace
}  // namespace fairlead::test

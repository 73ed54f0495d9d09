#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <boost/json.hpp>

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

class ConnectionVerbs : public OnAnyStore {};
FAIRLEAD_ON_ANY_STORE(ConnectionVerbs);

TEST_P(ConnectionVerbs, keep_a_definition_from_creation_to_deletion) {
    const Cli fairlead;
    const auto created =
        fairlead.json({"connection", "create", "My-FTP", "--url", "ftpes://alice@ftp.example.com:2121/in",
                       "--description", "the partner", "--tag", "a", "--tag", "b", "--retries", "0"});
    EXPECT_EQ(created.at("protocol"), "ftps");
    EXPECT_EQ(created.at("tls").at("mode"), "explicit");
    EXPECT_EQ(created.at("port"), 2121);
    EXPECT_EQ(created.at("workingDirectory"), "/in");
    EXPECT_EQ(created.at("retryCount"), 0);
    EXPECT_EQ(created.at("tags").as_array().size(), 2u);
    EXPECT_EQ(created.at("revision"), 1);

    const auto updated = fairlead.json({"connection", "update", "my-ftp", "--port", "21"});
    EXPECT_EQ(updated.at("port"), 21);
    EXPECT_EQ(updated.at("id"), created.at("id"));
    EXPECT_EQ(updated.at("revision"), 2);
    EXPECT_NE(updated.at("etag"), created.at("etag"));

    fairlead.ok({"connection", "rename", "my-ftp", "partner"});
    fairlead.ok({"connection", "duplicate", "partner", "copy"});
    const auto list = fairlead.json({"connection", "list"}).as_array();
    ASSERT_EQ(list.size(), 2u);
    EXPECT_EQ(list[0].at("name"), "copy");
    EXPECT_EQ(list[1].at("name"), "partner");
    EXPECT_EQ(list[1].at("host"), "ftp.example.com");

    fairlead.ok({"connection", "delete", "copy"});
    EXPECT_EQ(fairlead({"connection", "show", "copy"}).status, 3);
    EXPECT_EQ(fairlead.json({"connection", "history", "partner"}).as_array().size(), 3u);
}

TEST_P(ConnectionVerbs, name_every_wrong_field_in_one_answer) {
    const Cli fairlead;
    const std::vector<std::string> wrong{"connection", "create",    "x",   "--host",     "a b", "--port",
                                         "70000",      "--timeout", "abc", "--protocol", "smb"};
    auto with_json = wrong;
    with_json.push_back("--json");
    const auto result = fairlead(with_json);
    EXPECT_EQ(result.status, 2);
    EXPECT_EQ(result.output, "");
    const auto error = error_of(result);
    EXPECT_EQ(error.at("code"), "invalid_argument");
    EXPECT_EQ(error.at("faults").as_array().size(), 4u);
    const auto text = fairlead(wrong).errors;
    for (const auto* field : {"host 'a b'", "port '70000'", "timeoutSeconds 'abc'", "protocol 'smb'"})
        EXPECT_THAT(text, HasSubstr(field));
    EXPECT_EQ(fairlead.json({"connection", "list"}).as_array().size(), 0u);
}

TEST_P(ConnectionVerbs, tell_a_taken_name_a_missing_one_and_a_wrong_verb_by_exit_status) {
    const Cli fairlead;
    fairlead.ok({"connection", "create", "partner", "--host", "h"});
    EXPECT_EQ(fairlead({"connection", "create", "PARTNER", "--host", "h"}).status, 8);
    const auto missing = fairlead({"connection", "show", "parner"});
    EXPECT_EQ(missing.status, 3);
    EXPECT_THAT(missing.errors, HasSubstr("'partner'"));
    const auto wrong = fairlead({"connecton", "list"});
    EXPECT_EQ(wrong.status, 2);
    EXPECT_THAT(wrong.errors, HasSubstr("did you mean 'connection'?"));
    EXPECT_EQ(fairlead({"connection", "update", "partner"}).status, 2) << "nothing to change";
}

TEST_P(ConnectionVerbs, take_every_flag_from_the_environment_and_from_a_TOML_file_too) {
    const Cli fairlead;
    ProcessOptions environment;
    environment.environment = {{"FAIRLEAD_HOST", "from-environment"},
                               {"FAIRLEAD_TLS_INSECURE", "true"},
                               {"FAIRLEAD_PROTOCOL", "ftps"},
                               {"FAIRLEAD_JSON", "1"}};
    auto created = json::parse(fairlead.ok({"connection", "create", "a"}, environment));
    EXPECT_EQ(created.at("host"), "from-environment");
    EXPECT_EQ(created.at("tls").at("verify"), false);
    created = json::parse(fairlead.ok({"connection", "create", "b", "--host", "from-flag"}, environment));
    EXPECT_EQ(created.at("host"), "from-flag");

    const auto file = (fairlead.folder() / "flags.toml").string();
    write_file(file, "json = true\n[connection.create]\nhost = \"from-file\"\nport = 2121\n");
    created = json::parse(fairlead.ok({"--config", file, "connection", "create", "c"}));
    EXPECT_EQ(created.at("host"), "from-file");
    EXPECT_EQ(created.at("port"), 2121);

    ProcessOptions both;
    both.environment = {{"FAIRLEAD_CONFIG", file}, {"FAIRLEAD_HOST", "from-environment"}};
    created = json::parse(fairlead.ok({"connection", "create", "d"}, both));
    EXPECT_EQ(created.at("host"), "from-environment") << "which wins over the file";
    EXPECT_EQ(created.at("port"), 2121);
    EXPECT_EQ(fairlead({"--config", "/no/such/file", "version"}).status, 2);
}

TEST_P(ConnectionVerbs, accept_global_flags_before_and_after_the_verb) {
    const Cli fairlead;
    EXPECT_EQ(fairlead.ok({"--json", "version"}), fairlead.ok({"version", "--json"}));
    fairlead.ok({"connection", "create", "shared", "--host", "h", "--project", "global"});
    EXPECT_EQ(fairlead.ok({"--project", "other", "connection", "list", "--names"}), "shared\n");
}

TEST_P(ConnectionVerbs, of_two_changes_at_the_same_revision_let_exactly_one_win) {
    const Cli fairlead;
    fairlead.ok({"connection", "create", "partner", "--host", "h"});
    std::vector<ProcessResult> results(6);
    {
        std::vector<std::jthread> threads;
        for (std::size_t i = 0; i < results.size(); ++i)
            threads.emplace_back([&, i] {
                results[i] = fairlead({"connection", "update", "partner", "--if-revision", "1",
                                       "--description", "by " + std::to_string(i)});
            });
    }
    int won = 0, stale = 0;
    for (const auto& result : results) {
        won += result.status == 0;
        stale += result.status == 8;
    }
    EXPECT_EQ(won, 1);
    EXPECT_EQ(stale, static_cast<int>(results.size()) - 1);
    EXPECT_EQ(fairlead.json({"connection", "show", "partner"}).at("revision"), 2);
}

TEST_P(ConnectionVerbs, make_a_data_directory_together_without_losing_a_connection) {
    const Cli fairlead;
    std::vector<int> statuses(6);
    {
        std::vector<std::jthread> threads;
        for (std::size_t i = 0; i < statuses.size(); ++i)
            threads.emplace_back([&, i] {
                ProcessOptions options;
                options.input = "secret\n";
                statuses[i] = fairlead({"connection", "create", "c" + std::to_string(i), "--host", "h",
                                        "--password-stdin"},
                                       options)
                                  .status;
            });
    }
    EXPECT_THAT(statuses, ::testing::Each(0));
    const auto list = fairlead.json({"connection", "list"}).as_array();
    EXPECT_EQ(list.size(), statuses.size());
    for (const auto& item : list)
        EXPECT_EQ(item.at("secretsSet").as_array().size(), 1u);
}

TEST_P(ConnectionVerbs, fit_the_list_to_the_terminal_and_say_when_there_is_none) {
    const Cli fairlead;
    const auto empty = fairlead({"connection", "list"});
    EXPECT_EQ(empty.status, 0);
    EXPECT_EQ(empty.output, "");
    EXPECT_THAT(empty.errors, HasSubstr("no connections"));
    fairlead.ok({"connection", "create", "a", "--host", "h", "--disabled"});
    const auto table = fairlead.ok({"connection", "list"});
    EXPECT_THAT(table, HasSubstr("disabled"));
    EXPECT_THAT(table, Not(HasSubstr("\x1b")));
}

TEST_P(ConnectionVerbs, end_without_a_word_when_their_reader_has_enough) {
    const Cli fairlead;
    std::string command;
    for (const auto& word : fairlead.command({"completion", "bash"}))
        command += "'" + word + "' ";
    // The table is larger than a pipe holds, so that the writer meets the closed end for sure.
    const auto result = run_process({"bash", "-c", command + " | true; echo ${PIPESTATUS[0]}"});
    EXPECT_THAT(result.output, ::testing::AnyOf("141\n", "0\n"));
    EXPECT_EQ(result.errors, "");
}

TEST(Help, is_there_for_every_verb) {
    const Cli fairlead;
    for (const auto& verb : {std::vector<std::string>{},
                             {"connection"},
                             {"connection", "create"},
                             {"connection", "test"},
                             {"quote"},
                             {"doctor"},
                             {"completion"}}) {
        auto arguments = verb;
        arguments.push_back("--help");
        EXPECT_THAT(fairlead.ok(arguments), HasSubstr("Usage:"));
    }
}

TEST(Doctor, is_content_with_a_fresh_machine_and_names_a_key_that_others_can_read) {
    const Cli fairlead;
    EXPECT_TRUE(fairlead.json({"doctor"}).at("ok").as_bool());
    ProcessOptions options;
    options.input = "secret";
    fairlead.ok({"connection", "create", "a", "--host", "h", "--password-stdin"}, options);
    EXPECT_TRUE(fairlead.json({"doctor"}).at("ok").as_bool());
    std::filesystem::permissions(fairlead.data() / "secret.key", std::filesystem::perms(0644));
    const auto result = fairlead({"doctor"});
    EXPECT_EQ(result.status, 1);
    EXPECT_THAT(result.output, HasSubstr("chmod 600"));
}

TEST(Completion, of_bash_knows_verbs_flags_and_names) {
    const Cli fairlead;
    fairlead.ok({"connection", "create", "partner", "--host", "h"});
    write_file(fairlead.folder() / "fairlead.bash", fairlead.ok({"completion", "bash"}));
    const auto complete = [&](const std::string& words) {
        // `fairlead` is found by name when names are asked for, so it is a function here.
        const auto script = "fairlead() { '" + test::fairlead_binary() + "' --data '" + fairlead.data().string() +
                            "' \"$@\"; }; source '" + (fairlead.folder() / "fairlead.bash").string() +
                            "'; COMP_WORDS=(" + words +
                            "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _fairlead; "
                            "echo \"${COMPREPLY[@]}\"";
        const auto result = run_process({"bash", "-c", script});
        EXPECT_EQ(result.status, 0) << result.errors;
        return result.output;
    };
    EXPECT_EQ(complete("fairlead conn"), "connection\n");
    EXPECT_EQ(complete("fairlead connection upd"), "update\n");
    EXPECT_THAT(complete("fairlead connection create x --tls-"), HasSubstr("--tls-insecure"));
    EXPECT_THAT(complete("fairlead connection show par"), HasSubstr("partner"));
    EXPECT_EQ(complete("fairlead completion z"), "zsh\n");
}

TEST(Completion, is_offered_for_three_shells_and_refused_for_others) {
    const Cli fairlead;
    EXPECT_THAT(fairlead.ok({"completion", "zsh"}), HasSubstr("#compdef fairlead"));
    EXPECT_THAT(fairlead.ok({"completion", "fish"}), HasSubstr("complete -c fairlead"));
    EXPECT_EQ(fairlead({"completion", "tcsh"}).status, 2);
}

}  // namespace
}  // namespace fairlead::test

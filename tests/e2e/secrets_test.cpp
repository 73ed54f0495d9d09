// Secrets that are kept elsewhere, and the key that those kept here are encrypted with.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <boost/json.hpp>

#include <atomic>
#include <filesystem>
#include <thread>

#include "support/any_store.hpp"
#include "support/cli.hpp"
#include "support/scripted_ftp.hpp"

namespace fairlead::test {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr auto kSecret = "pLaNtEd-S3cret";

ProcessOptions given(const std::string& text) {
    ProcessOptions options;
    options.input = text;
    return options;
}

class SecretReferences : public testing::Test {
  protected:
    void define(const std::string& reference) {
        fairlead.ok({"connection", "create", "partner", "--host", "127.0.0.1", "--port", std::to_string(server.port()),
                     "--username", "u", "--password-stdin", "--retries", "0"},
                    given(reference));
    }

    bool logs_in_with(const std::string& password, const std::vector<std::string>& flags = {},
                      const ProcessOptions& options = {}) {
        auto arguments = flags;
        arguments.insert(arguments.end(), {"connection", "test", "partner"});
        last = fairlead(arguments, options);
        const auto commands = server.commands();
        return std::ranges::find(commands, "PASS " + password) != commands.end();
    }

    ScriptedFtp server;
    const Cli fairlead;
    ProcessResult last;
};

TEST_F(SecretReferences, to_an_environment_variable_are_shown_and_looked_up_at_each_use) {
    define("env:PARTNER_PASSWORD");
    const auto shown = fairlead.json({"connection", "show", "partner"});
    EXPECT_EQ(shown.at("password"), "env:PARTNER_PASSWORD");
    EXPECT_EQ(shown.at("secretsSet"), json::parse(R"(["password"])"));
    EXPECT_FALSE(fs::exists(fairlead.data() / "secret.key")) << "nothing to encrypt";
    EXPECT_FALSE(logs_in_with(kSecret));
    EXPECT_EQ(last.status, 2);
    EXPECT_THAT(last.errors, HasSubstr("PARTNER_PASSWORD"));
    EXPECT_TRUE(server.commands().empty()) << "before any socket";
    ProcessOptions options;
    options.environment["PARTNER_PASSWORD"] = kSecret;
    EXPECT_TRUE(logs_in_with(kSecret, {}, options));
    options.environment["PARTNER_PASSWORD"] = "another";
    EXPECT_TRUE(logs_in_with("another", {}, options));
}

TEST_F(SecretReferences, to_a_file_give_what_is_in_it_less_a_line_end) {
    const auto file = fairlead.folder() / "password";
    write_file(file, std::string(kSecret) + "\r\n");
    define("file:" + file.string());
    EXPECT_TRUE(logs_in_with(kSecret));
    fs::remove(file);
    EXPECT_FALSE(logs_in_with("nothing"));
    EXPECT_THAT(last.errors, HasSubstr("cannot be opened"));
    fs::create_directory(file);
    EXPECT_FALSE(logs_in_with("nothing"));
    EXPECT_THAT(last.errors, HasSubstr("is not a plain file"));
}

TEST_F(SecretReferences, to_the_data_directory_are_refused) {
    fairlead.ok({"connection", "create", "sealed", "--host", "h", "--password-stdin"}, given("x"));
    ASSERT_TRUE(fs::exists(fairlead.data() / "secret.key"));
    define("file:" + (fairlead.data() / "secret.key").string());
    EXPECT_FALSE(logs_in_with("nothing"));
    EXPECT_THAT(last.errors, HasSubstr("lies in the data directory"));
    EXPECT_TRUE(server.commands().empty());
}

TEST_F(SecretReferences, to_a_command_run_it_only_where_that_is_allowed_and_without_a_shell) {
    define("command:printf '%s' 'pLaNtEd-S3cret'");
    EXPECT_FALSE(logs_in_with(kSecret));
    EXPECT_EQ(last.status, 9);
    EXPECT_THAT(last.errors, HasSubstr("--allow-secret-commands"));
    EXPECT_TRUE(logs_in_with(kSecret, {"--allow-secret-commands"}));

    fairlead.ok({"connection", "update", "partner", "--password-stdin"}, given("command:echo $HOME; echo `id` | cat"));
    EXPECT_TRUE(logs_in_with("$HOME; echo `id` | cat", {"--allow-secret-commands"}));
}

TEST_F(SecretReferences, to_a_command_that_fails_is_missing_or_says_too_much_are_errors_that_repeat_nothing) {
    define("command:/no/such/program");
    const auto refused = [&](const std::string& command, const std::string& problem) {
        fairlead.ok({"connection", "update", "partner", "--password-stdin"}, given("command:" + command));
        EXPECT_FALSE(logs_in_with("x", {"--allow-secret-commands"})) << command;
        EXPECT_THAT(last.errors, HasSubstr(problem));
        EXPECT_NE(last.status, 0);
        EXPECT_THAT(last.errors + last.output, Not(HasSubstr("OUTPUT")));
    };
    refused("/no/such/program", "cannot be started");
    refused("sh -c 'printf OUT; printf PUT; exit 3'", "ended with status 3");
    refused("head -c 100000 /dev/zero", "more than 64 KiB");
    refused("true", "is empty");
    EXPECT_TRUE(server.commands().empty());
}

TEST_F(SecretReferences, that_are_malformed_are_refused_when_they_are_saved) {
    for (const auto* wrong : {"env:", "env:1x", "env:A B", "file:relative", "command:", "command:'unclosed"}) {
        const auto result = fairlead({"connection", "create", "x", "--host", "h", "--password-stdin"}, given(wrong));
        EXPECT_EQ(result.status, 2) << wrong;
        EXPECT_THAT(result.errors, HasSubstr("password")) << wrong;
    }
}

TEST_F(SecretReferences, can_be_escaped_and_give_way_to_a_secret) {
    define("literal:env:PATH");
    EXPECT_TRUE(logs_in_with("env:PATH"));
    EXPECT_TRUE(fairlead.json({"connection", "show", "partner"}).at("password").is_null());
    fairlead.ok({"connection", "update", "partner", "--password-stdin"}, given("env:PATH"));
    EXPECT_EQ(fairlead.json({"secret", "check"}).at("secrets"), 0) << "the sealed one is gone";
    fairlead.ok({"connection", "update", "partner", "--password-stdin"}, given(kSecret));
    EXPECT_TRUE(fairlead.json({"connection", "show", "partner"}).at("password").is_null());
    EXPECT_TRUE(logs_in_with(kSecret));
}

TEST_F(SecretReferences, travel_in_a_bundle_as_they_are) {
    define("env:PARTNER_PASSWORD");
    const auto file = (fairlead.folder() / "b.zip").string();
    fairlead.ok({"connection", "export", "partner", "--output", file});
    const Cli there;
    const auto result = there.json({"connection", "import", file});
    EXPECT_EQ(result.at("items").at(0).at("secretsToEnter").as_array().size(), 0u);
    EXPECT_EQ(there.json({"connection", "show", "partner"}).at("password"), "env:PARTNER_PASSWORD");
}

class Rotation : public OnAnyStore {
  protected:
    void add(const std::string& name, const ProcessOptions& options = {}) const {
        auto with_input = options;
        with_input.input = kSecret;
        fairlead.ok({"connection", "create", name, "--host", "h", "--password-stdin"}, with_input);
    }
    std::string key() const { return read_file(fairlead.data() / "secret.key"); }

    const Cli fairlead;
};
FAIRLEAD_ON_ANY_STORE(Rotation);

TEST_P(Rotation, encrypts_everything_under_a_new_key_and_forgets_the_old_one) {
    add("a");
    add("b");
    const auto old_key = key();
    const auto result = fairlead.json({"secret", "rotate"});
    EXPECT_EQ(result.at("secrets"), 2);
    EXPECT_NE(key(), old_key);
    EXPECT_EQ(fs::status(fairlead.data() / "secret.key").permissions(), fs::perms(0600));
    EXPECT_FALSE(fs::exists(fairlead.data() / "secret.key.next"));
    EXPECT_EQ(fairlead.json({"secret", "check"}).at("secrets"), 2);
    EXPECT_TRUE(fairlead.json({"doctor"}).at("ok").as_bool());

    const auto new_key = key();
    write_file(fairlead.data() / "secret.key", old_key);  // its mode stays
    const auto refused = fairlead({"secret", "check"});
    EXPECT_EQ(refused.status, 1);
    EXPECT_THAT(refused.errors, HasSubstr("not the one that the stored secrets are encrypted with"));
    EXPECT_EQ(fairlead({"secret", "rotate"}).status, 1);
    fs::remove(fairlead.data() / "secret.key");
    EXPECT_EQ(fairlead({"secret", "rotate"}).status, 1);
    write_file(fairlead.data() / "secret.key", new_key);
    fs::permissions(fairlead.data() / "secret.key", fs::perms(0600));
    EXPECT_EQ(fairlead.json({"secret", "check"}).at("secrets"), 2) << "nothing was damaged";
}

TEST_P(Rotation, needs_the_new_key_where_the_old_one_comes_from_outside) {
    ProcessOptions options;
    options.environment["FAIRLEAD_KEY"] = std::string(64, 'a');
    add("a", options);
    const auto refused = fairlead({"secret", "rotate"}, options);
    EXPECT_EQ(refused.status, 2);
    EXPECT_THAT(refused.errors, HasSubstr("FAIRLEAD_NEW_KEY"));
    options.environment["FAIRLEAD_NEW_KEY"] = std::string(64, 'b');
    const auto done = fairlead({"secret", "rotate"}, options);
    EXPECT_EQ(done.status, 0) << done.errors;
    EXPECT_THAT(done.errors, HasSubstr("FAIRLEAD_NEW_KEY"));
    EXPECT_EQ(fairlead({"secret", "check"}, options).status, 0) << "while both are set";
    EXPECT_FALSE(fs::exists(fairlead.data() / "secret.key"));
    ProcessOptions afterwards;
    afterwards.environment["FAIRLEAD_KEY"] = std::string(64, 'b');
    EXPECT_EQ(fairlead({"secret", "check"}, afterwards).status, 0);
    afterwards.environment["FAIRLEAD_KEY"] = std::string(64, 'a');
    EXPECT_EQ(fairlead({"secret", "check"}, afterwards).status, 1);
}

TEST_P(Rotation, has_nothing_to_do_without_a_key) {
    EXPECT_EQ(fairlead({"secret", "rotate"}).status, 3);
    EXPECT_EQ(fairlead.json({"secret", "check"}).at("secrets"), 0);
}

TEST_P(Rotation, beside_changes_loses_no_secret) {
    add("first");
    std::atomic<bool> done{false};
    std::atomic<unsigned> made{1}, failed{0};
    {
        std::vector<std::jthread> threads;
        for (unsigned t = 0; t < 2; ++t)
            threads.emplace_back([&, t] {
                for (unsigned i = 0; !done; ++i) {
                    const auto result = fairlead({"connection", "create", "c" + std::to_string(t) + "-" + std::to_string(i),
                                                  "--host", "h", "--password-stdin"},
                                                 given(kSecret));
                    if (result.status == 0)
                        ++made;
                    else if (result.status != 8)  // a conflict: to be tried again
                        ++failed;
                }
            });
        for (unsigned i = 0; i < 8; ++i)
            EXPECT_EQ(fairlead({"secret", "rotate"}).status, 0);
        done = true;
    }
    EXPECT_EQ(failed, 0u);
    EXPECT_EQ(fairlead.json({"secret", "check"}).at("secrets"), made.load());
}

}  // namespace
}  // namespace fairlead::test

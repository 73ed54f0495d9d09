// `edit` of a connection and of an operation, with editors that are scripts.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <boost/json.hpp>

#include <filesystem>

#include "support/cli.hpp"

namespace fairlead::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class Edit : public testing::Test {
  protected:
    /// `edit` with an editor that does what the script says with the file "$1"; `seen` is what was in it.
    ProcessResult edit(std::vector<std::string> arguments, const std::string& script) {
        const auto path = (fairlead.folder() / "editor").string();
        write_file(path, "#!/bin/sh\ncp \"$1\" \"$SEEN\"\n" + script + "\n");
        std::filesystem::permissions(path, std::filesystem::perms::owner_all);
        ProcessOptions options;
        options.environment["EDITOR"] = path;
        options.environment["SEEN"] = (fairlead.folder() / "seen").string();
        options.environment["TMPDIR"] = fairlead.folder().path().string();
        arguments.insert(arguments.begin() + 1, "edit");
        auto result = fairlead(arguments, options);
        seen = read_file(options.environment["SEEN"]);
        return result;
    }
    boost::json::value shown() const { return fairlead.json({"connection", "show", "partner"}); }
    void create(std::vector<std::string> flags = {}) {
        flags.insert(flags.begin(), {"connection", "create", "partner", "--host", "one"});
        ProcessOptions password;
        password.environment["PW"] = "planted-secret";
        fairlead.ok(flags, password);
    }

    const Cli fairlead;
    std::string seen;
};

TEST_F(Edit, offers_yaml_with_help_and_without_secrets_and_takes_it_back) {
    create({"--timeout", "9", "--password-env", "PW", "--tag", "a", "--description", "two: words"});
    const auto result =
        edit({"connection", "partner"}, "sed -i 's/^host: one/host: two/; /^timeoutSeconds/d; s/^  - a/  - 7/' \"$1\"");
    EXPECT_EQ(result.status, 0) << result.errors;
    EXPECT_THAT(seen, AllOf(HasSubstr("# Host name, IPv4 or IPv6 address\nhost: one\n"),
                            HasSubstr("\ndescription: \"two: words\"\n"), HasSubstr("\ntls:\n  # "),
                            HasSubstr("sets a new one: password, "), Not(HasSubstr("\npassword")),
                            Not(HasSubstr("planted-secret"))));
    EXPECT_EQ(shown().at("host"), "two");
    EXPECT_EQ(shown().at("timeoutSeconds"), 30);
    EXPECT_EQ(shown().at("tags").at(0), "7");
    EXPECT_EQ(shown().at("description"), "two: words");
    EXPECT_EQ(shown().at("secretsSet").at(0), "password");
}

TEST_F(Edit, without_a_change_changes_nothing) {
    create();
    for (const auto* notation : {"yaml", "json"})
        EXPECT_EQ(edit({"connection", "partner", "--as", notation}, "true").status, 0);
    EXPECT_EQ(shown().at("revision"), 1);
}

TEST_F(Edit, sets_a_new_secret_also_one_that_looks_like_a_number) {
    create();
    EXPECT_EQ(edit({"connection", "partner"}, "echo 'password: 0123' >> \"$1\"").status, 0);
    EXPECT_EQ(shown().at("secretsSet").at(0), "password");
}

TEST_F(Edit, gives_what_is_wrong_back_above_what_was_written) {
    create();
    const auto result = edit({"connection", "partner"},
                             "if grep -q 'fairlead:' \"$1\"; then sed -i 's/^host: .*/host: good/' \"$1\"; "
                             "else sed -i 's/^host: one/host: a b/; s/^port: .*/port: 70000/' \"$1\"; fi");
    EXPECT_EQ(result.status, 2) << "the port was still wrong";
    EXPECT_THAT(seen, AllOf(HasSubstr("#   port '70000'"), Not(HasSubstr("#   host 'a b'")), HasSubstr("\nhost: good\n")));
    EXPECT_THAT(result.errors, HasSubstr("what you wrote is in "));
    EXPECT_EQ(shown().at("revision"), 1);
}

TEST_F(Edit, names_line_and_column_of_what_is_no_yaml) {
    create();
    const auto result = edit({"connection", "partner"}, "printf 'host: one\\nhost: two\\n' > \"$1\"");
    EXPECT_EQ(result.status, 2);
    EXPECT_THAT(result.errors, HasSubstr("Line 2, column 1: 'host' is there twice"));
    EXPECT_THAT(edit({"connection", "partner"}, "printf 'host: [one\\n' > \"$1\"").errors, HasSubstr("Line "));
    EXPECT_THAT(edit({"connection", "partner"}, "printf 'one' > \"$1\"").errors, HasSubstr("members such as"));
    EXPECT_EQ(shown().at("revision"), 1);
}

TEST_F(Edit, offers_json_where_that_is_asked_for) {
    create();
    EXPECT_EQ(edit({"connection", "partner", "--as", "json"}, "sed -i 's/\"one\"/\"two\"/; /timeoutSeconds/d' \"$1\"").status,
              0);
    EXPECT_THAT(seen, HasSubstr("// Change what you like"));
    EXPECT_EQ(shown().at("host"), "two");
    EXPECT_EQ(edit({"connection", "partner", "--as", "json"}, "echo '{' > \"$1\"").status, 2);
}

TEST_F(Edit, an_operation_with_its_filter) {
    create();
    fairlead.ok({"operation", "create", "fetch", "--action", "query", "--connection", "partner", "--filter",
                 R"({"and":[{"field":"fileName","operator":"wildcard","value":"*.csv"},{"field":"size","operator":">","value":"10"}]})"});
    EXPECT_EQ(edit({"operation", "fetch"}, "true").status, 0);
    EXPECT_THAT(seen, HasSubstr("value: \"*.csv\""));
    const auto result = edit({"operation", "fetch"}, "sed -i 's/[*].csv/*.txt/; s/^maximumCount: .*/maximumCount: 5/' \"$1\"");
    EXPECT_EQ(result.status, 0) << result.errors;
    const auto operation = fairlead.json({"operation", "show", "fetch"});
    EXPECT_EQ(operation.at("filter").at("and").at(0).at("value"), "*.txt");
    EXPECT_EQ(operation.at("maximumCount"), 5);
    EXPECT_EQ(operation.at("revision"), 2);
    EXPECT_EQ(edit({"operation", "fetch"}, "sed -i 's/^maximumCount: .*/maximumCount: 0/' \"$1\"").status, 2);
}

}  // namespace
}  // namespace fairlead::test

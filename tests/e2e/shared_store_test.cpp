// Several machines (data directories) that share one PostgreSQL.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <filesystem>
#include <future>

#include "support/cli.hpp"
#include "support/postgres.hpp"

namespace fairlead::test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kPassword = "pl4nted-s3cret";

class SharedStore : public ::testing::Test {
  protected:
    /// The command line of one of the machines.
    ProcessResult run(const Cli& machine, std::vector<std::string> arguments, const std::string& input = {}) {
        ProcessOptions options;
        options.environment["FAIRLEAD_STORE"] = database_.url();
        options.input = input;
        auto result = machine(arguments, options);
        said_ += result.output + result.errors;
        return result;
    }

    ProcessResult create(const Cli& machine, const std::string& name) {
        return run(machine,
                   {"connection", "create", name, "--url", "ftp://alice@127.0.0.1:1/in", "--password-stdin"},
                   kPassword);
    }

    PostgresDatabase database_;
    Cli first_, second_;
    std::string said_;  ///< all that was printed
};

TEST_F(SharedStore, what_one_machine_defines_another_one_sees) {
    EXPECT_EQ(create(first_, "partner").status, 0);
    const auto shown = run(second_, {"--json", "connection", "show", "PARTNER"});
    ASSERT_EQ(shown.status, 0) << shown.errors;
    EXPECT_EQ(boost::json::parse(shown.output).at("username"), "alice");
    EXPECT_EQ(run(second_, {"connection", "update", "partner", "--port", "2121"}).status, 0);
    const auto history = run(first_, {"--json", "connection", "history", "partner"});
    EXPECT_EQ(boost::json::parse(history.output).as_array().size(), 2u);
    EXPECT_FALSE(fs::exists(first_.data() / "fairlead.db"));
    EXPECT_THAT(said_, Not(HasSubstr(kPassword)));
    EXPECT_THAT(said_, Not(HasSubstr(Postgres::shared().server()["password"])));
}

TEST_F(SharedStore, a_machine_without_the_key_or_with_another_one_is_told_and_changes_nothing) {
    ASSERT_EQ(create(first_, "partner").status, 0);
    const auto missing = create(second_, "other");
    EXPECT_EQ(missing.status, 1);
    EXPECT_THAT(missing.errors, HasSubstr("copy secret.key from another machine"));
    EXPECT_FALSE(fs::exists(second_.data() / "secret.key"));

    Cli apart;  // makes a key of its own, for a store of its own
    apart.ok({"connection", "create", "x", "--url", "ftp://a@h", "--password-stdin"}, {.input = "p"});
    fs::copy_file(apart.data() / "secret.key", second_.data() / "secret.key");
    const auto wrong = create(second_, "other");
    EXPECT_EQ(wrong.status, 1);
    EXPECT_THAT(wrong.errors, HasSubstr("not the one"));
    EXPECT_EQ(run(second_, {"doctor"}).status, 1);

    fs::remove(second_.data() / "secret.key");
    fs::copy_file(first_.data() / "secret.key", second_.data() / "secret.key");
    EXPECT_EQ(create(second_, "other").status, 0);
    EXPECT_EQ(run(second_, {"doctor"}).status, 0) << said_;
    EXPECT_EQ(boost::json::parse(run(first_, {"--json", "connection", "list"}).output).as_array().size(), 2u);
    EXPECT_THAT(said_, Not(HasSubstr(kPassword)));
}

TEST_F(SharedStore, of_two_processes_that_change_one_connection_at_once_none_is_overwritten) {
    ASSERT_EQ(create(first_, "partner").status, 0);
    const auto change = [this](const Cli& machine, const std::string& port) {
        ProcessOptions options;
        options.environment["FAIRLEAD_STORE"] = database_.url();
        int changed = 0;
        for (int i = 0; i < 8; ++i) {
            const auto result = machine({"connection", "update", "partner", "--port", port}, options);
            if (result.status == 0) ++changed;
            EXPECT_THAT(result.status, ::testing::AnyOf(0, 8)) << result.errors;
        }
        return changed;
    };
    auto other = std::async(std::launch::async, change, std::cref(second_), "1001");
    const int changed = change(first_, "1002") + other.get();
    const auto history =
        boost::json::parse(run(first_, {"--json", "connection", "history", "partner"}).output);
    EXPECT_EQ(history.as_array().size(), static_cast<std::size_t>(1 + changed));
}

TEST_F(SharedStore, a_password_in_the_url_of_the_command_line_is_wiped_from_the_list_of_processes) {
    const auto password = Postgres::shared().server()["password"];
    // While it waits for standard input it can be looked at. At first it may not have come to wiping yet.
    std::vector<std::string> shell{"sh", "-c",
                                   "mkfifo \"$F\"; \"$@\" <\"$F\" & process=$!; exec 3>\"$F\"; tries=0; "
                                   "while grep -qa \"$SECRET\" /proc/$process/cmdline && [ $tries -lt 2000 "
                                   "]; do tries=$((tries + 1)); sleep 0.01; "
                                   "done; tr '\\0' ' ' </proc/$process/cmdline; exec 3>&-; wait $process",
                                   "sh"};
    const auto words = first_.command({"--store", database_.url(), "connection", "create", "partner", "--url",
                                       "ftp://alice@127.0.0.1:1/in", "--password-stdin"});
    shell.insert(shell.end(), words.begin(), words.end());
    ProcessOptions options;
    options.environment["SECRET"] = password;
    options.environment["F"] = (first_.folder() / "fifo").string();
    const auto result = run_process(shell, options);
    EXPECT_THAT(result.output, HasSubstr("postgresql://fairlead:xxx"));
    EXPECT_THAT(result.output, Not(HasSubstr(password)));
    EXPECT_EQ(run(second_, {"connection", "show", "partner"}).status, 0);
}

TEST_F(SharedStore, no_server_is_an_error_with_the_code_and_the_fix) {
    const auto result =
        first_({"--json", "--store", "postgresql://fairlead@127.0.0.1:1/x", "connection", "list"});
    EXPECT_EQ(result.status, 5);
    const auto error = boost::json::parse(result.errors);
    EXPECT_EQ(error.at("code"), "connection_refused");
    EXPECT_EQ(first_({"--store", "postgresql://fairlead:%zz@h/x", "connection", "list"}).status, 2);
}

}  // namespace
}  // namespace fairlead::test

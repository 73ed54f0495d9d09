// Killed in the middle of `secret rotate`, of `connection import` and of making the tables, on both engines: every secret
// can still be opened, of an import there is everything or nothing, and the next program goes on.
//
// FAIRLEAD_KILL_SECONDS (3 for each test) is how long the random ones go on.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <boost/json.hpp>

#include <cstdlib>
#include <filesystem>
#include <random>

#include "support/any_store.hpp"
#include "support/cli.hpp"
#include "support/paths.hpp"

namespace fairlead::test {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr int kKilled = 128 + SIGKILL;
constexpr unsigned kConnections = 40;

std::chrono::seconds patience() {
    const char* const value = std::getenv("FAIRLEAD_KILL_SECONDS");
    return std::chrono::seconds(value != nullptr ? std::stoul(value) : 3);
}

/// An rclone.conf of many remotes with passwords.
std::string many_remotes() {
    std::string text;
    for (unsigned i = 0; i < kConnections; ++i)
        text += fmt::format("[r{}]\ntype = ftp\nhost = h\nuser = u\npass = q3aixMcWsvRzWupNy0Sl6W-FOHzk7pSK\n", i);
    return text;
}

class CatalogKill : public OnAnyStore {
  protected:
    CatalogKill() { write_file(file(), many_remotes()); }

    std::string file() const { return (faulty.folder() / "rclone.conf").string(); }
    void fill() const { faulty.ok({"connection", "import", file()}); }

    ProcessResult die_at(const std::string& point, const std::vector<std::string>& arguments) const {
        ProcessOptions options;
        options.environment["FAIRLEAD_FAULT"] = point + ":1";
        return faulty(arguments, options);
    }
    std::size_t count() const { return faulty.json({"connection", "list"}).as_array().size(); }
    void expect_all_open(const std::string& when) const {
        SCOPED_TRACE(when);
        const auto result = faulty({"--json", "secret", "check"});
        ASSERT_EQ(result.status, 0) << result.errors;
        EXPECT_EQ(boost::json::parse(result.output).at("secrets"), kConnections);
    }

    const Cli faulty{faulty_binary()};
};
FAIRLEAD_ON_ANY_STORE(CatalogKill);

TEST_P(CatalogKill, a_rotation_that_dies_at_any_point_leaves_every_secret_readable_and_can_be_repeated) {
    fill();
    for (const auto* point : {"rotate.begun", "rotate.next_key_kept", "rotate.amid", "rotate.before_commit",
                              "rotate.committed", "rotate.adopted"}) {
        // Twice in a row, so that what the first left behind is in the way of the second.
        for (unsigned i = 0; i < 2; ++i) {
            EXPECT_EQ(die_at(point, {"secret", "rotate"}).status, kKilled) << point;
            if (i == 0) expect_all_open(point);
        }
        EXPECT_EQ(die_at("rotate.amid", {"secret", "rotate"}).status, kKilled) << "after " << point;
        expect_all_open(fmt::format("amid, after {}", point));
    }
    EXPECT_EQ(faulty({"secret", "rotate"}).status, 0);
    expect_all_open("in the end");
    EXPECT_FALSE(fs::exists(faulty.data() / "secret.key.next"));
}

TEST_P(CatalogKill, an_import_that_dies_at_any_point_leaves_all_or_nothing) {
    for (const auto* point : {"import.before_write", "import.before_commit"}) {
        EXPECT_EQ(die_at(point, {"connection", "import", file()}).status, kKilled);
        EXPECT_EQ(count(), 0u) << point;
    }
    EXPECT_EQ(die_at("import.committed", {"connection", "import", file()}).status, kKilled);
    EXPECT_EQ(count(), kConnections);
    expect_all_open("after the import");
}

TEST_P(CatalogKill, making_the_tables_that_dies_at_any_point_is_made_up_for_by_the_next_program) {
    for (const auto* point : {"migrate.amid:1", "migrate.before_commit:1"}) {
        ProcessOptions options;
        options.environment["FAIRLEAD_FAULT"] = point;
        EXPECT_EQ(faulty({"connection", "list"}, options).status, kKilled) << point;
        EXPECT_EQ(faulty({"connection", "list"}, options).status, kKilled) << point << " again";
    }
    fill();
    expect_all_open("after both");
    EXPECT_EQ(faulty.json({"environment", "list"}).as_array().size(), 3u);
}

TEST_P(CatalogKill, at_random_moments_nothing_is_lost_either) {
    const Cli fairlead;
    std::mt19937 random(std::random_device{}());
    const auto until = Clock::now() + patience();
    const auto started = Clock::now();
    ASSERT_EQ(fairlead({"connection", "import", file()}).status, 0);
    const auto longest = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - started).count() + 5;
    const auto moment = [&] {
        ProcessOptions options;
        options.limit = std::chrono::milliseconds(1 + random() % static_cast<unsigned>(longest));
        return options;
    };
    for (unsigned round = 0; Clock::now() < until; ++round) {
        const auto killed = moment();
        fairlead({"secret", "rotate"}, killed);
        const auto checked = fairlead({"--json", "secret", "check"});
        ASSERT_EQ(checked.status, 0) << "killed after " << killed.limit.count() << " ms: " << checked.errors;

        const auto project = fmt::format("p{}", round);
        fairlead({"--project", project, "connection", "import", file()}, moment());
        const auto names = fairlead.json({"--project", project, "connection", "list"}).as_array().size();
        EXPECT_TRUE(names == 0 || names == kConnections) << names;
    }
}

TEST(CatalogFaultPoints, are_in_the_tests_own_program_only) {
    const auto shipped = read_file(fairlead_binary()), with_points = read_file(faulty_binary());
    for (const auto* name : {"rotate.before_commit", "rotate.next_key_kept", "import.before_commit"}) {
        EXPECT_EQ(shipped.find(name), std::string::npos) << name;
        EXPECT_NE(with_points.find(name), std::string::npos) << name;
    }
}

}  // namespace
}  // namespace fairlead::test

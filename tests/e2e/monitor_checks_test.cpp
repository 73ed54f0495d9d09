// What a monitor that came before this one did wrong, check by check: each test is named after what must hold, and
// has the number of its check in the specification that these were taken from, and the recorded case's name.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>

#include <sys/stat.h>
#include <unistd.h>

#include "support/daemon.hpp"
#include "support/eventually.hpp"
#include "support/monitor_over.hpp"

namespace fairlead::test {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class MonitorChecks : public MonitorOver {
  protected:
    /// A file with this content, as old as the recorded cases have it.
    void put(const std::string& name, const std::string& content, int minute, mode_t mode = 0644) {
        const auto path = folder_ / name;
        fs::remove(path);
        write(path, content);
        fs::permissions(path, static_cast<fs::perms>(mode));
        const timespec time{1'577'880'000 + minute * 60, 0};  // 2020-01-01T12:00Z and later
        const timespec times[] = {time, time};
        ASSERT_EQ(::utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
        const auto root = server_.root();
        struct stat owner {};
        ASSERT_EQ(::stat(root.c_str(), &owner), 0);
        ASSERT_EQ(::chown(path.c_str(), owner.st_uid, owner.st_gid), 0);
    }
    std::int64_t look() { return cli_.json({"monitor", "run", "m"}).at("events").as_int64(); }
};

TEST_F(MonitorChecks, check_40_a_file_that_changes_is_one_event_with_content_time_size_and_mode) {  // monitor-file-all
    put("a.txt", "one", 0);
    WebhookReceiver receiver;
    cli_.ok({"monitor", "create", "m", place() + "/a.txt", "--on-demand", "--changes", "time,size,mode", "--content-limit",
             "1K", "--webhook-url", receiver.url()});
    EXPECT_EQ(look(), 0);
    put("a.txt", "two!", 1, 0600);
    EXPECT_EQ(look(), 1);
    EXPECT_EQ(look(), 0);
    Daemon daemon(cli_);
    ASSERT_TRUE(receiver.wait_for(1)) << daemon.log();
    const auto data = json::parse(receiver.taken().front().body).at("data").as_object();
    EXPECT_EQ(data.at("event"), "modified");
    EXPECT_EQ(data.at("contentBase64"), "dHdvIQ==");
    EXPECT_EQ(data.at("entry").at("size"), 4);
    EXPECT_EQ(data.at("entry").at("modified"), "2020-01-01T12:01:00Z");
    EXPECT_EQ(data.at("entry").at("mode"), "0600");
}

TEST_F(MonitorChecks, check_40_a_mode_alone_is_a_change_where_it_is_watched) {
    put("a.txt", "one", 0);
    cli_.ok({"monitor", "create", "m", place() + "/a.txt", "--on-demand", "--changes", "mode"});
    EXPECT_EQ(look(), 0);
    put("a.txt", "three", 1);
    EXPECT_EQ(look(), 0);
    put("a.txt", "three", 1, 0600);
    EXPECT_EQ(look(), 1);
}

TEST_F(MonitorChecks, check_41_by_default_a_size_that_changes_without_the_time_is_none) {  // monitor-file-inputs-omitted
    put("a.txt", "one", 0);
    cli_.ok({"monitor", "create", "m", place() + "/a.txt", "--on-demand"});
    const auto fields = cli_.json({"monitor", "show", "m"}).as_object();
    EXPECT_EQ(fields.at("changes"), json::array{"time"});
    EXPECT_EQ(fields.at("interval"), "5m");
    EXPECT_EQ(look(), 0);
    put("a.txt", "three", 0);
    EXPECT_EQ(look(), 0);
    put("a.txt", "two!", 1);
    EXPECT_EQ(look(), 1);
}

TEST_F(MonitorChecks, check_43_a_file_in_another_directory_than_that_of_the_login_is_told_of_by_its_name) {  // monitor-dir-not-cwd
    put("a.txt", "one", 0);
    cli_.ok({"monitor", "create", "m", place(), "--on-demand"});
    EXPECT_EQ(look(), 0);
    put("b.txt", "two", 0);
    EXPECT_EQ(look(), 1);
    EXPECT_THAT(events(), ElementsAre("created b.txt"));
}

TEST_F(MonitorChecks, check_44_the_first_file_of_an_empty_directory_is_told_of) {  // monitor-dir-starts-empty
    cli_.ok({"monitor", "create", "m", place(), "--on-demand"});
    EXPECT_EQ(look(), 0);
    put("b.txt", "1", 0);
    EXPECT_EQ(look(), 1);
    EXPECT_THAT(events(), ElementsAre("created b.txt"));
}

TEST_F(MonitorChecks, check_46_a_file_of_5_gib_has_its_size) {
    cli_.ok({"monitor", "create", "m", place(), "--on-demand", "--changes", "size"});
    EXPECT_EQ(look(), 0);
    put("big", "", 0);
    fs::resize_file(folder_ / "big", 5'368'709'120);
    EXPECT_EQ(look(), 1);
    const auto event = json::parse(cli_.ok({"--json", "monitor", "events", "m"})).as_object();
    EXPECT_EQ(event.at("entry").at("size"), 5'368'709'120);
}

TEST_F(MonitorChecks, checks_47_49_and_50_what_changed_while_it_was_killed_comes_once_though_the_receiver_fails_twice) {
    put("a.txt", "one", 0);
    WebhookReceiver receiver([](const std::string&, unsigned before) { return before < 2 ? 503u : 200u; });
    cli_.ok({"monitor", "create", "m", place() + "/a.txt", "--interval", "1", "--webhook-url", receiver.url()});
    {
        Daemon daemon(cli_);
        EXPECT_TRUE(eventually([&] { return cli_.json({"monitor", "state", "m"}).at("looks").as_int64() > 0; }));
        ::kill(daemon.process(), SIGKILL);
    }
    put("a.txt", "changed", 1);
    Daemon daemon(cli_);
    ASSERT_TRUE(receiver.wait_for(1)) << daemon.log();
    EXPECT_EQ(receiver.received().size(), 3u);
    EXPECT_THAT(events(), ElementsAre("modified a.txt"));
    // Defect 11: the end of the file ends nothing.
    fs::remove(folder_ / "a.txt");
    ASSERT_TRUE(receiver.wait_for(2)) << daemon.log();
    put("a.txt", "again", 2);
    ASSERT_TRUE(receiver.wait_for(3)) << daemon.log();
    EXPECT_THAT(events(), ElementsAre("modified a.txt", "deleted a.txt", "created a.txt"));
}

TEST_F(MonitorChecks, check_52_a_watch_that_is_asked_to_end_says_goodbye_to_the_server_and_claims_no_success) {
    put("a.txt", "one", 0);
    const auto goodbyes = [&] {
        std::ifstream log(server_["log"] + "/protocol");
        std::size_t count = 0;
        for (std::string line; std::getline(log, line);)
            if (line.find("FTP command") != std::string::npos && line.find("QUIT") != std::string::npos) ++count;
        return count;
    };
    const auto before = goodbyes();
    std::string watch;
    for (const auto& word : cli_.command({"--json", "watch", place(), "--interval", "1", "--first-look", "new"}))
        watch += "'" + word + "' ";
    const auto pipe = (cli_.folder() / "events").string();
    const auto ended = run_process({"sh", "-c",
                                    "mkfifo " + pipe + "; " + watch + "> " + pipe +
                                        " & p=$!; head -n 1 " + pipe + "; kill -TERM $p; wait $p"});
    EXPECT_THAT(ended.output, HasSubstr("created"));
    EXPECT_NE(ended.status, 0);
    EXPECT_TRUE(eventually([&] { return goodbyes() > before; }));
}

TEST_F(MonitorChecks, check_53_an_interval_of_nothing_or_less_is_refused) {
    for (const auto* interval : {"0", "-1", "500ms"}) {
        const auto stored = cli_({"monitor", "create", "m", place(), std::string("--interval=") + interval});
        EXPECT_EQ(stored.status, 2);
        EXPECT_THAT(stored.errors, HasSubstr("interval"));
        EXPECT_EQ(cli_({"watch", place(), std::string("--interval=") + interval, "--once"}).status, 2);
    }
    Daemon daemon(cli_);
    EXPECT_EQ(daemon("POST", "/v1/projects/default/monitors",
                     R"({"name":"m","connection":"p","path":"/","interval":"0"})").status,
              400);
}

}  // namespace
}  // namespace fairlead::test

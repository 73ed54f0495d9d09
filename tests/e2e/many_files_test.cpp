// Many files with the real binary: against servers that allow few sessions, sync, dry runs, filters.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <sstream>

#include "support/cli.hpp"
#include "support/scripted_ftp.hpp"
#include "support/server.hpp"

namespace fairlead::test {
namespace {

namespace fs = std::filesystem;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

/// How many files a soak moves each way: 600, or what FAIRLEAD_SOAK_FILES says (make soak: 10,000).
std::size_t soak_files() {
    const auto* given = std::getenv("FAIRLEAD_SOAK_FILES");
    return given == nullptr ? 600 : std::stoul(given);
}

std::string content_of(std::size_t i) {
    return fmt::format("file {} ", i) + noise(i % 7000);
}

void connect(const Cli& fairlead, const Endpoint& endpoint, const std::string& ca,
             const std::string& host_key, const std::vector<std::string>& more) {
    ProcessOptions options;
    options.input = std::string(endpoint.password.reveal());
    std::vector<std::string> words{"connection",
                                   "create",
                                   "p",
                                   "--protocol",
                                   std::string(to_string(endpoint.protocol)),
                                   "--host",
                                   endpoint.host,
                                   "--port",
                                   std::to_string(endpoint.port),
                                   "--username",
                                   endpoint.username,
                                   "--password-stdin",
                                   "--working-directory",
                                   endpoint.working_directory};
    if (!ca.empty()) words.insert(words.end(), {"--tls-ca", ca});
    if (!host_key.empty()) words.insert(words.end(), {"--host-key", host_key});
    words.insert(words.end(), more.begin(), more.end());
    fairlead.ok(words, options);
}

/// With the folders it needs.
void put_file(const fs::path& path, std::string_view content) {
    fs::create_directories(path.parent_path());
    write_file(path, content);
}

class ManyFiles : public testing::Test {
  protected:
    std::string at(const std::string& name) const { return (work / name).string(); }

    void fill(std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) {
            const auto folder = work / fmt::format("source/d{}", i % 23);
            fs::create_directories(folder);
            write_file(folder / fmt::format("f{}", i), content_of(i));
        }
    }
    /// How many of them are there and whole.
    std::size_t whole(const fs::path& folder, std::size_t count) {
        std::size_t found = 0;
        for (std::size_t i = 0; i < count; ++i) {
            const auto file = folder / fmt::format("d{}/f{}", i % 23, i);
            found += fs::exists(file) && read_file(file) == content_of(i) ? 1 : 0;
        }
        return found;
    }
    std::size_t files_in(const fs::path& folder) {
        std::size_t count = 0;
        for (const auto& entry : fs::recursive_directory_iterator(folder))
            count += entry.is_regular_file() ? 1 : 0;
        return count;
    }
    /// Up with sixteen workers, down again, and within the server.
    void soak(const Server& server) {
        const auto count = soak_files();
        fill(count);
        connect(fairlead, server.endpoint(), server["ca"], server["host_key"], {"--max-sessions", "32"});
        ProcessOptions patient;
        patient.limit = std::chrono::minutes(10);
        fairlead.ok({"put", "-q", "-r", "-P", "16", at("source"), "p:/"}, patient);
        EXPECT_EQ(whole(server.root() / "source", count), count);
        EXPECT_EQ(files_in(server.root()), count) << "nothing else stays behind";
        fairlead.ok({"get", "-q", "-r", "-P", "16", "p:/source", at("back")}, patient);
        EXPECT_EQ(whole(work / "back/source", count), count);
        EXPECT_EQ(files_in(work / "back"), count);
        fairlead.ok({"cp", "-q", "-r", "-P", "16", "p:/source/d1", "p:/copy/"}, patient);
        EXPECT_EQ(files_in(server.root() / "copy/d1"), files_in(work / "source/d1"));
    }

    const Cli fairlead;
    const TemporaryFolder work;
};

TEST_F(ManyFiles, sixteen_workers_get_along_with_an_ftp_server_that_allows_three_sessions) {  // field.md 43
    const Server server("vsftpd", {"max_clients=3"});
    soak(server);
}

TEST_F(ManyFiles, sixteen_workers_get_along_with_an_sftp_server_that_drops_whoever_logs_in_third) {
    const Server server("openssh", {"max_startups=2:100:2"});
    soak(server);
}

TEST_F(ManyFiles, a_server_that_never_greets_a_second_session_holds_nothing_up) {
    ScriptedFtp server;
    server.folder("/d");
    for (std::size_t i = 0; i < 20; ++i)
        server.file(fmt::format("/d/{}", i), content_of(i));
    server.on("GREETING", [](FtpConversation& with, const std::string&) {
        if (with.server.connections() == 1) return with.reply("220 Welcome.");
        with.control.wait_for_close();
        with.hang_up();
    });
    // Whoever waited for that log-in would wait for longer than this program may take.
    connect(fairlead, server.endpoint(), "", "", {"--timeout", "600"});
    fairlead.ok({"get", "-q", "-r", "p:/d", at("out") + "/"});
    EXPECT_EQ(files_in(work / "out"), 20u);
    EXPECT_GT(server.connections(), 1u);
}

TEST_F(ManyFiles, copying_within_a_server_with_one_session_fails_with_the_setting_to_change) {
    ScriptedFtp server;
    server.file("/a", "x");
    connect(fairlead, server.endpoint(), "", "", {"--max-sessions", "1"});
    const auto refused = fairlead({"cp", "p:/a", "p:/b"});
    EXPECT_EQ(refused.status, 2);
    EXPECT_THAT(refused.errors, HasSubstr("maxSessions"));
}

TEST_F(ManyFiles, copying_within_a_server_that_grants_one_session_ends) {
    ScriptedFtp server;
    server.file("/a", "x");
    server.on("GREETING", [](FtpConversation& with, const std::string&) {
        if (with.server.connections() <= 1) return with.reply("220 Welcome.");
        with.reply("421 Too many connections.");
        with.hang_up();
    });
    connect(fairlead, server.endpoint(), "", "", {"--retries", "0"});
    const auto refused = fairlead({"cp", "p:/a", "p:/b"});
    EXPECT_EQ(refused.status, 5);
    EXPECT_THAT(refused.errors, HasSubstr("one at present"));
}

TEST_F(ManyFiles, the_only_session_is_waited_for_when_the_server_is_full) {
    ScriptedFtp server;
    server.file("/a", "x");
    server.on("GREETING", [](FtpConversation& with, const std::string&) {
        if (with.server.connections() > 2) return with.reply("220 Welcome.");
        with.reply("421 Too many connections.");
        with.hang_up();
    });
    connect(fairlead, server.endpoint(), "", "", {"--retries", "3"});
    EXPECT_THAT(fairlead.ok({"ls", "p:/"}), HasSubstr("a"));
    EXPECT_EQ(server.connections(), 3u);
}

TEST_F(ManyFiles, names_that_lead_elsewhere_are_counted_and_make_the_run_incomplete) {
    ScriptedFtp server;
    server.features = {"EPSV", "SIZE", "UTF8"};
    server.file("/good", "x");
    server.on("LIST", [](FtpConversation& with, const std::string&) {
        with.reply("150 Here it comes.");
        auto data = with.open_data();
        data.write(
            "-rw-r--r-- 1 u g 1 Jan 01 2024 ../../evil\r\n"
            "-rw-r--r-- 1 u g 1 Jan 01 2024 /etc/evil\r\n"
            "-rw-r--r-- 1 u g 1 Jan 01 2024 good\r\n");
        data.close();
        with.reply("226 Done.");
    });
    connect(fairlead, server.endpoint(), "", "", {});
    const auto result = fairlead({"get", "-r", "p:/", at("out") + "/"});
    EXPECT_EQ(result.status, 10);
    EXPECT_THAT(result.errors, HasSubstr("2 names"));
    EXPECT_EQ(read_file(work / "out/good"), "x");
    EXPECT_FALSE(fs::exists(work / "evil"));
}

TEST_F(ManyFiles, sync_makes_one_folder_like_another) {
    put_file(work / "a/one", "1");
    put_file(work / "a/sub/two", "2");
    put_file(work / "b/gone", "x");
    const auto plan = fairlead.ok({"sync", "--delete", "--dry-run", at("a"), at("b")});
    EXPECT_THAT(plan, HasSubstr("would remove " + at("b/gone")));
    EXPECT_THAT(plan, HasSubstr("would copy " + at("a/one")));
    EXPECT_FALSE(fs::exists(work / "b/one"));

    EXPECT_EQ(fairlead({"sync", "--delete", "--max-delete", "0", at("a"), at("b")}).status, 8);
    EXPECT_TRUE(fs::exists(work / "b/gone"));
    std::vector<std::string> lines;
    std::istringstream output(fairlead.ok({"--json", "sync", "--delete", at("a"), at("b")}));
    for (std::string line; std::getline(output, line);)
        lines.push_back(line);
    EXPECT_THAT(lines, Contains(HasSubstr("\"outcome\":\"removed\"")));
    EXPECT_EQ(read_file(work / "b/sub/two"), "2");
    EXPECT_FALSE(fs::exists(work / "b/gone"));
    EXPECT_EQ(fairlead.ok({"--json", "sync", "--delete", at("a"), at("b")}), "") << "nothing is left to do";

    put_file(work / "a/one", "1 and more");
    const auto changed = boost::json::parse(fairlead.ok({"--json", "sync", at("a"), at("b")}));
    EXPECT_EQ(changed.at("reason").as_string(), "changed");
    EXPECT_EQ(changed.at("attempts").as_int64(), 1);
}

TEST_F(ManyFiles, sync_with_an_emptied_source_removes_nothing_unless_forced) {
    fs::create_directories(work / "a");
    put_file(work / "b/f", "x");
    const auto refused = fairlead({"sync", "--delete", at("a"), at("b")});
    EXPECT_EQ(refused.status, 8);
    EXPECT_THAT(refused.errors, HasSubstr("--force-empty"));
    EXPECT_TRUE(fs::exists(work / "b/f"));
    fairlead.ok({"sync", "--delete", "--force-empty", at("a"), at("b")});
    EXPECT_FALSE(fs::exists(work / "b/f"));
}

TEST_F(ManyFiles, sync_goes_both_ways_over_ftp_and_finds_nothing_to_do_the_second_time) {
    const Server server("proftpd");
    connect(fairlead, server.endpoint(), "", "", {});
    put_file(work / "a/one", "1");
    put_file(work / "a/sub/two", "2");
    fairlead.ok({"sync", "-P", "2", at("a"), "p:/up"});
    EXPECT_EQ(read_file(server.root() / "up/sub/two"), "2");
    EXPECT_EQ(fairlead.ok({"--json", "sync", at("a"), "p:/up"}), "");
    fairlead.ok({"sync", "p:/up", at("back")});
    EXPECT_EQ(read_file(work / "back/sub/two"), "2");
    EXPECT_EQ(fairlead.ok({"--json", "sync", "p:/up", at("back")}), "");
}

TEST_F(ManyFiles, two_sources_of_the_same_name_do_not_overwrite_each_other) {
    put_file(work / "a/x", "first");
    put_file(work / "b/x", "second");
    const auto result = fairlead({"cp", at("a/x"), at("b/x"), at("out/")});
    EXPECT_EQ(result.status, 10);
    EXPECT_EQ(read_file(work / "out/x"), "first");
    fairlead.ok({"cp", "--if-exists", "rename", at("a/x"), at("b/x"), at("both/")});
    EXPECT_EQ(read_file(work / "both/x1"), "second");
}

TEST_F(ManyFiles, a_dry_run_touches_nothing_on_either_side) {
    put_file(work / "a/one", "1");
    EXPECT_THAT(fairlead.ok({"cp", "-r", "--dry-run", at("a"), at("new/")}), HasSubstr("would copy"));
    EXPECT_FALSE(fs::exists(work / "new"));
    EXPECT_THAT(fairlead.ok({"cp", "--dry-run", "--delete-after", at("a/one"), at("b")}), HasSubstr("new"));
    EXPECT_TRUE(fs::exists(work / "a/one"));
    EXPECT_THAT(fairlead.ok({"rm", "-r", "--dry-run", at("a")}), HasSubstr("would remove " + at("a/one")));
    EXPECT_TRUE(fs::exists(work / "a/one"));
}

TEST_F(ManyFiles, filters_are_the_same_on_every_verb) {
    put_file(work / "a/x.log", "12345");
    put_file(work / "a/y.txt", "1");
    put_file(work / "a/sub/z.log", "1");
    fairlead.ok({"cp", "-r", "--regex", "[xz]\\.log$", "--max-size", "3", at("a"), at("out/")});
    EXPECT_TRUE(fs::exists(work / "out/a/sub/z.log"));
    EXPECT_FALSE(fs::exists(work / "out/a/x.log"));
    fairlead.ok({"cp", "-r", "--depth", "1", "--order", "size-desc", "--first", "1", at("a"), at("first/")});
    EXPECT_TRUE(fs::exists(work / "first/a/x.log"));
    EXPECT_FALSE(fs::exists(work / "first/a/y.txt"));
    fairlead.ok({"rm", "-r", "--name", "*.log", at("a")});
    EXPECT_FALSE(fs::exists(work / "a/sub/z.log"));
    EXPECT_TRUE(fs::exists(work / "a/y.txt"));
}

TEST_F(ManyFiles, links_are_kept_between_sftp_and_this_machine) {
    const Server server("openssh");
    connect(fairlead, server.endpoint(), "", server["host_key"], {});
    put_file(work / "a/file", "x");
    fs::create_symlink("file", work / "a/link");
    fairlead.ok({"put", "-r", "--links", "keep", at("a"), "p:/"});
    EXPECT_EQ(fs::read_symlink(server.root() / "a/link"), "file");
    fairlead.ok({"get", "-r", "--links", "keep", "p:/a", at("back")});
    EXPECT_EQ(fs::read_symlink(work / "back/a/link"), "file");
}

TEST_F(ManyFiles, where_links_lead_is_known_from_a_listing_over_ftp_too) {
    const Server server("vsftpd");
    connect(fairlead, server.endpoint(), "", "", {});
    put_file(server.root() / "a/file", "x");
    fs::create_symlink("file", server.root() / "a/link");
    fairlead.ok({"get", "-r", "--links", "keep", "p:/a", at("kept")});
    EXPECT_EQ(fs::read_symlink(work / "kept/a/link"), "file");

    fs::create_symlink("..", server.root() / "a/up");
    const auto result = fairlead({"get", "-r", "--links", "follow", "p:/a", at("followed")});
    EXPECT_EQ(result.status, 10);
    EXPECT_THAT(result.errors, HasSubstr("leads back"));
    EXPECT_EQ(files_in(work / "followed"), 2u);
}

}  // namespace
}  // namespace fairlead::test

// get, put and cp with the real binary: between local folders, against servers that misbehave, and against
// real ones.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <filesystem>
#include <thread>

#include "support/cli.hpp"
#include "support/connect.hpp"
#include "support/scripted_ftp.hpp"
#include "support/server.hpp"

namespace fairlead::test {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using ::testing::UnorderedElementsAre;

std::vector<std::string> names_in(const fs::path& folder) {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder))
        names.push_back(entry.path().filename().string());
    return names;
}

class TransferVerbs : public testing::Test {
  protected:
    std::string at(const std::string& name) const { return (work / name).string(); }
    /// A connection to a scripted server.
    void connect(const ScriptedFtp& server) { test::connect(fairlead, "p", server.endpoint()); }
    /// A connection to a real server.
    void connect(const Server& server) { test::connect(fairlead, "p", server); }

    const Cli fairlead;
    const TemporaryFolder work;
};

TEST_F(TransferVerbs, cp_keeps_the_name_in_a_folder_and_takes_the_name_of_a_file) {
    write_file(work / "a.txt", "content");
    fairlead.ok({"cp", at("a.txt"), at("b.txt")});
    fs::create_directory(work / "folder");
    fairlead.ok({"cp", at("a.txt"), at("folder")});
    fairlead.ok({"cp", at("a.txt"), at("new") + "/"});
    fairlead.ok({"cp", at("a.txt"), at("b.txt"), at("two")});
    EXPECT_EQ(read_file(work / "b.txt"), "content");
    EXPECT_EQ(read_file(work / "folder/a.txt"), "content");
    EXPECT_EQ(read_file(work / "new/a.txt"), "content");
    EXPECT_THAT(names_in(work / "two"), UnorderedElementsAre("a.txt", "b.txt"));
}

TEST_F(TransferVerbs, cp_r_makes_the_directory_in_the_folder) {
    fs::create_directories(work / "d/sub/empty");
    write_file(work / "d/sub/f", noise(300'000));
    fairlead.ok({"cp", "-r", at("d"), at("out")});
    EXPECT_EQ(read_file(work / "out/d/sub/f"), noise(300'000));
    EXPECT_TRUE(fs::is_directory(work / "out/d/sub/empty"));
    const auto refused = fairlead({"cp", at("d"), at("out")});
    EXPECT_EQ(refused.status, 2);
    EXPECT_THAT(refused.errors, HasSubstr("-r"));
}

TEST_F(TransferVerbs, several_files_in_one_command_use_all_sessions_and_keep_their_order_for_one_name) {
    ScriptedFtp server;
    server.folder("/a").folder("/b");
    std::vector<std::string> get{"get", "-P", "3", "--if-exists", "rename"};
    for (int i = 0; i < 9; ++i) {
        const auto name = "/a/file" + std::to_string(i) + ".txt";
        server.file(name, "content " + std::to_string(i));
        get.push_back("p:" + name);
    }
    server.file("/b/file0.txt", "the later one of this name");
    get.insert(get.end(), {"p:/b/file0.txt", at("out")});
    connect(server);
    fairlead.ok(get);
    EXPECT_EQ(names_in(work / "out").size(), 10u);
    EXPECT_EQ(read_file(work / "out/file0.txt"), "content 0");
    EXPECT_EQ(read_file(work / "out/file01.txt"), "the later one of this name");
    EXPECT_EQ(read_file(work / "out/file8.txt"), "content 8");
    EXPECT_GT(server.connections(), 1u);
}

TEST_F(TransferVerbs, standard_input_and_output_are_files_like_others) {
    ProcessOptions options;
    options.input = noise(700'000);
    fairlead.ok({"put", "-", at("f")}, options);
    EXPECT_EQ(read_file(work / "f"), noise(700'000));
    EXPECT_EQ(fairlead.ok({"get", at("f"), "-"}), noise(700'000));
    EXPECT_EQ(fairlead.ok({"cat", at("f")}), noise(700'000));
}

TEST_F(TransferVerbs, if_exists_decides_what_happens_to_a_target_that_is_there) {
    write_file(work / "a.txt", "new");
    write_file(work / "b.txt", "old");
    EXPECT_EQ(fairlead({"cp", "--if-exists", "fail", at("a.txt"), at("b.txt")}).status, 8);
    fairlead.ok({"cp", "--if-exists", "skip", at("a.txt"), at("b.txt")});
    EXPECT_EQ(read_file(work / "b.txt"), "old");
    fairlead.ok({"cp", "--if-exists", "rename", at("a.txt"), at("b.txt")});
    EXPECT_EQ(read_file(work / "b1.txt"), "new");
    fairlead.ok({"cp", "--if-exists", "append", at("a.txt"), at("b.txt")});
    EXPECT_EQ(read_file(work / "b.txt"), "oldnew");
    fairlead.ok({"cp", at("a.txt"), at("b.txt")});
    EXPECT_EQ(read_file(work / "b.txt"), "new");
    EXPECT_EQ(fairlead({"cp", "--if-exists", "perhaps", at("a.txt"), at("b.txt")}).status, 2);
}

TEST_F(TransferVerbs, some_failed_is_10_and_the_only_one_failed_is_its_own_status) {
    write_file(work / "a", "x");
    const auto some = fairlead({"cp", at("a"), at("missing"), at("out")});
    EXPECT_EQ(some.status, 10);
    EXPECT_THAT(some.errors, HasSubstr("missing"));
    EXPECT_EQ(read_file(work / "out/a"), "x");
    EXPECT_EQ(fairlead({"cp", at("missing"), at("out")}).status, 3);
}

TEST_F(TransferVerbs, json_is_one_line_for_each_file_with_its_proof) {
    write_file(work / "a", "12345");
    const auto line = fairlead.json({"cp", "--checksum", at("a"), at("b")});
    EXPECT_EQ(line.at("bytes").to_number<int>(), 5);
    EXPECT_EQ(line.at("outcome").as_string(), "transferred");
    EXPECT_EQ(line.at("proof").as_string(), "checksum");
    EXPECT_EQ(line.at("target").as_string(), at("b"));
}

TEST_F(TransferVerbs, mv_rm_mkdir_and_rmdir_do_what_their_names_say) {
    fairlead.ok({"mkdir", "-p", at("x/y/z")});
    write_file(work / "x/f", "f");
    fairlead.ok({"mv", at("x/f"), at("x/y")});
    EXPECT_EQ(read_file(work / "x/y/f"), "f");
    EXPECT_EQ(fairlead({"rmdir", at("x")}).status, 8);
    EXPECT_EQ(fairlead({"rm", at("x")}).status, 2);
    fairlead.ok({"rmdir", at("x/y/z")});
    fairlead.ok({"rm", "-r", at("x")});
    EXPECT_FALSE(fs::exists(work / "x"));
    EXPECT_EQ(fairlead({"rm", at("x")}).status, 3);
    fairlead.ok({"rm", "-f", at("x")});
}

TEST_F(TransferVerbs, a_file_limit_of_the_process_leaves_the_old_file) {
    write_file(work / "source", noise(4'000'000));
    write_file(work / "target", "old");
    auto words = fairlead.command({"cp", at("source"), at("target")});
    std::vector<std::string> limited{"sh", "-c", "ulimit -f 1000; exec \"$@\"", "sh"};
    limited.insert(limited.end(), words.begin(), words.end());
    const auto result = run_process(limited);
    EXPECT_EQ(result.status, 7) << result.errors;
    EXPECT_EQ(read_file(work / "target"), "old");
    EXPECT_THAT(names_in(work.path()), UnorderedElementsAre("source", "target"));
}

TEST_F(TransferVerbs, killed_in_the_middle_the_final_name_keeps_what_it_had) {
    ScriptedFtp server;
    server.file("/big", "");
    server.on("RETR", [](FtpConversation& with, const std::string&) {
        auto data = with.open_data();
        with.reply("150 Here it comes (10000000 bytes).");
        data.write(noise(2'000'000));
        data.wait_for_close();  // the rest never comes
    });
    connect(server);
    write_file(work / "big", "old");
    const auto words = fairlead.command({"get", "p:/big", at("big")});
    const auto child = ::fork();
    if (child == 0) {
        std::vector<char*> arguments;
        for (const auto& word : words)
            arguments.push_back(const_cast<char*>(word.c_str()));
        arguments.push_back(nullptr);
        ::execvp(arguments[0], arguments.data());
        ::_exit(127);
    }
    const auto unfinished = [&] {
        for (const auto& entry : fs::directory_iterator(work.path()))
            if (entry.path().extension() == ".fairlead" && entry.file_size() >= 1'000'000) return true;
        return false;
    };
    const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!unfinished() && std::chrono::steady_clock::now() < patience)
        std::this_thread::yield();
    ASSERT_TRUE(unfinished());
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    EXPECT_EQ(read_file(work / "big"), "old");
}

TEST_F(TransferVerbs, a_server_that_closes_in_the_middle_leaves_nothing) {
    ScriptedFtp server;
    server.file("/big", noise(500'000));
    server.on("RETR", [](FtpConversation& with, const std::string&) {
        auto data = with.open_data();
        with.reply("150 Here it comes.");
        data.write(noise(200'000));
        data.reset();
        with.control.reset();
        with.hang_up();
    });
    connect(server);
    write_file(work / "big", "old");
    const auto result = fairlead({"get", "p:/big", at("big")});
    EXPECT_THAT(result.status, testing::AnyOf(5, 7)) << result.errors;
    EXPECT_EQ(read_file(work / "big"), "old");
    EXPECT_THAT(names_in(work.path()), ElementsAre("big"));
}

TEST_F(TransferVerbs, a_server_that_lies_about_the_size_is_found_out) {
    ScriptedFtp server;
    server.file("/f", "12345");
    server.on("MLST", std::vector<std::string>{"250-Listing", " type=file;size=9;modify=20260101000000; /f",
                                               "250 End"});
    server.on("SIZE", "213 9");
    connect(server);
    const auto result = fairlead({"get", "p:/f", at("f")});
    EXPECT_EQ(result.status, 7) << result.errors;
    EXPECT_THAT(names_in(work.path()), IsEmpty());
}

TEST_F(TransferVerbs, names_that_a_server_made_up_do_not_leave_the_folder) {
    ScriptedFtp server;
    server.folder("/d");
    server.on("MLSD", [](FtpConversation& with, const std::string&) {
        auto data = with.open_data();
        with.reply("150 Here it comes.");
        data.write(
            "type=file;size=1; ../../escaped\r\ntype=file;size=1; /escaped\r\ntype=file;size=1; good\r\n");
        data.close();
        with.reply("226 Done.");
    });
    server.file("/d/good", "x");
    server.file("/escaped", "x");
    connect(server);
    fs::create_directory(work / "in");
    fairlead({"get", "-r", "p:/d", at("in") + "/"});
    EXPECT_THAT(names_in(work.path()), ElementsAre("in"));
    EXPECT_THAT(names_in(work / "in"), ElementsAre("d"));
    EXPECT_THAT(names_in(work / "in/d"), ElementsAre("good"));
}

TEST_F(TransferVerbs, an_upload_that_the_server_has_no_room_for_leaves_nothing_there) {
    ScriptedFtp server;
    server.file("/f", "old");
    server.on("STOR", [](FtpConversation& with, const std::string&) {
        auto data = with.open_data();
        with.reply("150 Go on.");
        data.read_some();
        data.close();
        with.reply("452 Disk full.");
    });
    connect(server);
    write_file(work / "f", noise(500'000));
    const auto result = fairlead({"put", at("f"), "p:/f"});
    EXPECT_EQ(result.status, 7) << result.errors;
    EXPECT_THAT(result.errors, HasSubstr("Disk full"));
    EXPECT_EQ(server.content("/f"), "old");
}

class TransferOnRealServers : public TransferVerbs,
                              public testing::WithParamInterface<std::pair<std::string, std::string>> {};

TEST_P(TransferOnRealServers, a_tree_goes_up_and_down_unchanged) {
    const auto& [script, option] = GetParam();
    auto& server = Server::shared(script, option.empty() ? std::vector<std::string>{} : std::vector{option});
    connect(server);
    fs::create_directories(work / "d/sub/empty");
    for (int i = 0; i < 60; ++i)
        write_file(work / ("d/sub/f" + std::to_string(i)), noise(static_cast<std::size_t>(i) * 1000, 7));
    write_file(work / "d/ name with  spaces", "x");
    write_file(work / "d/größe.txt", noise(1'500'000));
    fairlead.ok({"put", "-r", at("d"), "p:/up/"});
    fairlead.ok({"get", "-r", "p:/up/d", at("down") + "/"});
    const auto same = run_process({"diff", "-r", at("d"), at("down/d")});
    EXPECT_EQ(same.status, 0) << same.output;
    EXPECT_THAT(fairlead.ok({"find", "p:/", "--name", "*.fairlead"}), IsEmpty());
    fairlead.ok({"put", at("d/sub/f9"), "p:/up/d/sub/f10"});  // replaces
    EXPECT_EQ(fairlead.ok({"cat", "p:/up/d/sub/f10"}), read_file(work / "d/sub/f9"));
    fairlead.ok({"rm", "-r", "p:/up"});
    EXPECT_EQ(fairlead({"stat", "p:/up"}).status, 3);
}

TEST_P(TransferOnRealServers, what_happens_to_a_target_that_is_there_is_the_same_over_every_protocol) {
    const auto& [script, option] = GetParam();
    auto& server = Server::shared(script, option.empty() ? std::vector<std::string>{} : std::vector{option});
    connect(server);
    write_file(work / "a", "first");
    write_file(work / "b", "second!");
    fairlead.ok({"mkdir", "p:e"});
    const auto put = [&](const std::string& source, const std::string& policy) {
        return fairlead({"put", "-q", "--if-exists", policy, at(source), "p:e/x.txt"}).status;
    };
    const auto there = [&] { return fairlead.ok({"cat", "p:e/x.txt"}); };
    EXPECT_EQ(put("a", "fail"), 0);
    EXPECT_EQ(put("b", "fail"), 8);
    EXPECT_EQ(put("b", "skip"), 0);
    EXPECT_EQ(there(), "first");
    EXPECT_EQ(put("b", "rename"), 0);
    EXPECT_EQ(fairlead.ok({"cat", "p:e/x1.txt"}), "second!");
    EXPECT_EQ(put("b", "append"), 0);
    EXPECT_EQ(there(), "firstsecond!");
    fs::last_write_time(work / "b", fs::file_time_type::clock::now() - std::chrono::hours(24 * 900));
    EXPECT_EQ(put("b", "newer"), 0);
    EXPECT_EQ(there(), "firstsecond!");
    EXPECT_EQ(put("a", "different"), 0);
    EXPECT_EQ(there(), "first");
    EXPECT_EQ(put("b", "overwrite"), 0);
    EXPECT_EQ(there(), "second!");
    EXPECT_THAT(fairlead.ok({"ls", "p:e"}), ::testing::AnyOf("x.txt\nx1.txt\n", "x1.txt\nx.txt\n"));
    fairlead.ok({"rm", "-r", "p:e"});
}

TEST_P(TransferOnRealServers, a_refusal_names_what_was_asked_for_and_not_our_temporary_file) {
    const auto& [script, option] = GetParam();
    auto& server = Server::shared(script, option.empty() ? std::vector<std::string>{} : std::vector{option});
    connect(server);
    write_file(work / "a", "x");
    const auto put = fairlead({"put", at("a"), "p:/nowhere/a"});
    EXPECT_EQ(put.status, 3);
    EXPECT_THAT(put.errors, HasSubstr("'/nowhere/a' cannot be written: the directory '/nowhere' does not exist"));
    EXPECT_THAT(put.errors, HasSubstr("path: /nowhere/a\n"));
    EXPECT_THAT(put.errors, HasSubstr("mkdir -p"));
}

INSTANTIATE_TEST_SUITE_P(Servers, TransferOnRealServers,
                         testing::Values(std::pair{"vsftpd", ""}, std::pair{"vsftpd", "tls=explicit"},
                                         std::pair{"proftpd", ""}, std::pair{"pure-ftpd", ""},
                                         std::pair{"openssh", ""}),
                         [](const auto& info) {
                             auto name = info.param.first + (info.param.second.empty() ? "" : "_explicit");
                             std::replace(name.begin(), name.end(), '-', '_');
                             return name;
                         });

}  // namespace
}  // namespace fairlead::test

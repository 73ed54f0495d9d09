// flow with the real binary: from a scripted server and folders to servers and folders.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <boost/json.hpp>
#include <filesystem>

#include "support/cli.hpp"
#include "support/connect.hpp"
#include "support/scripted_ftp.hpp"

namespace fairlead::test {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

class FlowVerbs : public testing::Test {
  protected:
    FlowVerbs() {
        fs::create_directory(work / "out");
        connect(fairlead, "p", server.endpoint());
        server.folder("/in");
    }

    std::string out(const std::string& name) const { return read_file(work / "out" / name); }
    std::string out_folder() const { return (work / "out").string() + "/"; }
    void flow(const std::string& name, std::vector<std::string> flags) {
        flags.insert(flags.begin(), {"flow", "create", name});
        fairlead.ok(flags);
    }
    void from_server(std::vector<std::string> flags) {
        flags.insert(flags.begin(), {"--source", "p:/in", "--target", out_folder()});
        flow("f", flags);
    }
    /// The lines of a run with --json but the last, which is the run itself.
    std::vector<json::value> run(int status = 0, std::vector<std::string> more = {}) {
        std::vector<std::string> arguments{"--json", "flow", "run", "f"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        const auto ran = fairlead(arguments);
        EXPECT_EQ(ran.status, status) << ran.errors << ran.output;
        std::vector<json::value> lines;
        std::istringstream text(ran.output);
        for (std::string line; std::getline(text, line);)
            lines.push_back(json::parse(line));
        if (!lines.empty() && lines.back().as_object().contains("run")) {
            last = lines.back().at("run");
            lines.pop_back();
        }
        return lines;
    }
    static std::vector<std::string> outcomes(const std::vector<json::value>& files) {
        std::vector<std::string> words;
        for (const auto& file : files)
            words.emplace_back(file.at("outcome").as_string());
        return words;
    }
    std::vector<std::string> states() {
        std::vector<std::string> words;
        const auto documents = fairlead.json({"flow", "files", "f"});
        for (const auto& document : documents.as_array())
            words.push_back(std::string(document.at("path").as_string()) + " " +
                            std::string(document.at("state").as_string()));
        return words;
    }

    const Cli fairlead;
    const TemporaryFolder work;
    ScriptedFtp server;
    json::value last;
};

TEST_F(FlowVerbs, are_made_shown_changed_switched_and_deleted) {
    flow("f", {"--source", "p:/in", "--pattern", "*.csv", "--target", "p:/out/{date}/", "--if-exists", "fail", "--target",
               out_folder(), "--settle", "90s"});
    auto shown = fairlead.json({"flow", "show", "f"});
    EXPECT_EQ(shown.at("source").at("connection"), "p");
    EXPECT_EQ(shown.at("source").at("settle"), "1m30s");
    EXPECT_EQ(shown.at("targets").at(0).at("path"), "/out/{date}/");
    EXPECT_EQ(shown.at("targets").at(0).at("ifExists"), "fail");
    EXPECT_EQ(shown.at("targets").at(1).at("name"), "local");
    fairlead.ok({"flow", "update", "f", "--set", "limits.files=3", "--no-recursive"});
    shown = fairlead.json({"flow", "show", "F"});
    EXPECT_EQ(shown.at("limits").at("files"), 3);
    EXPECT_EQ(shown.at("source").at("path"), "/in");
    EXPECT_EQ(shown.at("revision"), 2);
    fairlead.ok({"flow", "disable", "f"});
    EXPECT_EQ(fairlead({"flow", "run", "f"}).status, 9);
    fairlead.ok({"flow", "enable", "f"});
    const auto wrong = fairlead({"flow", "update", "f", "--afterwards", "move", "--target", "p:/{x}/"});
    EXPECT_EQ(wrong.status, 2);
    EXPECT_THAT(wrong.errors, HasSubstr("source.moveTo"));
    EXPECT_THAT(wrong.errors, HasSubstr("targets[0].path"));
    EXPECT_EQ(fairlead({"connection", "delete", "p"}).status, 8) << "the flow uses it";
    fairlead.ok({"flow", "delete", "f"});
    EXPECT_EQ(fairlead({"flow", "show", "f"}).status, 3);
}

TEST_F(FlowVerbs, a_version_is_delivered_once_to_each_target) {
    server.file("/in/a.csv", "one").file("/in/b.txt", "no").file("/in/c.csv", "three").folder("/other");
    flow("f", {"--source", "p:/in", "--pattern", "*.csv", "--target", out_folder(), "--target", "p:/other/{stem}.old"});
    EXPECT_THAT(outcomes(run()), ElementsAre("transferred", "transferred", "transferred", "transferred"));
    EXPECT_EQ(out("a.csv"), "one");
    EXPECT_EQ(server.content("/other/c.old"), "three");
    EXPECT_EQ(last.at("kind"), "flow");
    EXPECT_EQ(last.at("state"), "succeeded");
    fs::remove(work / "out" / "a.csv");
    EXPECT_THAT(run(), IsEmpty()) << "both were delivered";
    server.file("/in/a.csv", "changed");
    EXPECT_THAT(run(), SizeIs(2));
    EXPECT_EQ(out("a.csv"), "changed");
    EXPECT_THAT(states(), ElementsAre("/in/a.csv done", "/in/c.csv done", "/in/a.csv done"));
}

TEST_F(FlowVerbs, one_file_is_delivered_again_when_asked) {
    server.file("/in/a", "1").file("/in/b", "2");
    from_server({});
    run();
    fs::remove(work / "out" / "a");
    EXPECT_THAT(run(0, {"--path", "/in/a"}), IsEmpty());
    EXPECT_THAT(run(0, {"--path", "/in/a", "--again"}), SizeIs(1));
    EXPECT_EQ(out("a"), "1");
    fairlead.ok({"flow", "reset", "f", "--path", "/in/b"});
    EXPECT_THAT(states(), ElementsAre("/in/a done"));
    EXPECT_THAT(run(), SizeIs(1));
    EXPECT_EQ(fairlead({"flow", "reset", "f"}).status, 2);
}

TEST_F(FlowVerbs, sources_are_deleted_moved_or_renamed_afterwards) {
    server.file("/in/a", "1");
    from_server({"--afterwards", "delete"});
    run();
    EXPECT_EQ(server.content("/in/a"), std::nullopt);
    server.file("/in/a", "1");
    EXPECT_THAT(outcomes(run()), ElementsAre("transferred")) << "it came again";
    fairlead.ok({"flow", "update", "f", "--afterwards", "move", "--move-to", "done"});
    server.file("/in/b", "2");
    run();
    EXPECT_EQ(server.content("/in/done/b"), "2");
    fairlead.ok({"flow", "update", "f", "--set", "source.moveTo=", "--afterwards", "rename", "--rename-to", "{name}.taken"});
    server.file("/in/c", "3");
    run();
    EXPECT_EQ(server.content("/in/c.taken"), "3");
    EXPECT_THAT(run(), IsEmpty()) << "what the flow renamed is no new file";
}

TEST_F(FlowVerbs, a_clean_up_that_failed_is_tried_alone) {  // field.md 133
    std::atomic<bool> stubborn = true;
    server.on("DELE", [&](FtpConversation& with, const std::string& name) {
        if (stubborn)
            with.reply("550 Not yours.");
        else
            with.behave("DELE", name);
    });
    server.file("/in/a", "1");
    from_server({"--afterwards", "delete"});
    EXPECT_THAT(outcomes(run(10)), ElementsAre("transferred", "failed"));
    EXPECT_THAT(states(), ElementsAre("/in/a delivered"));
    EXPECT_THAT(fairlead.ok({"flow", "files", "f"}), HasSubstr("delivered, clean-up pending"));
    fs::remove(work / "out" / "a");
    EXPECT_THAT(outcomes(run(4)), ElementsAre("failed"));
    stubborn = false;
    EXPECT_THAT(outcomes(run()), ElementsAre("cleaned"));
    EXPECT_EQ(server.content("/in/a"), std::nullopt);
    EXPECT_FALSE(fs::exists(work / "out" / "a")) << "it was not delivered twice";
}

TEST_F(FlowVerbs, a_clean_up_leaves_a_newer_version_alone) {
    server.on("DELE", "550 Not yours.");
    server.file("/in/a", "1");
    from_server({"--afterwards", "delete"});
    run(10);
    server.file("/in/a", "newer");
    EXPECT_THAT(outcomes(run(10)), ElementsAre("cleaned", "transferred", "failed"));
    EXPECT_EQ(out("a"), "newer");
    EXPECT_EQ(server.content("/in/a"), "newer");
}

TEST_F(FlowVerbs, what_cannot_be_delivered_is_put_aside_and_the_others_go_on) {
    server.file("/in/a", "1").file("/in/b", "2");
    write_file(work / "out" / "a", "mine");
    from_server({"--if-exists", "fail", "--quarantine", "bad", "--afterwards", "delete"});
    EXPECT_THAT(outcomes(run(10)), UnorderedElementsAre("failed", "transferred"));
    EXPECT_EQ(server.content("/in/bad/a"), "1");
    EXPECT_EQ(out("a"), "mine");
    EXPECT_EQ(out("b"), "2");
    EXPECT_THAT(states(), UnorderedElementsAre("/in/a quarantined", "/in/b done"));
}

TEST_F(FlowVerbs, one_target_that_is_away_does_not_keep_the_other_and_gets_it_later) {
    auto away = std::make_unique<ScriptedFtp>();
    away->folder("/x");
    auto endpoint = away->endpoint();
    connect(fairlead, "q", endpoint);
    fairlead.ok({"connection", "update", "q", "--retries", "0"});
    fairlead.ok({"connection", "update", "p", "--retries", "0"});
    std::atomic<bool> busy = true;
    away->on("STOR", [&](FtpConversation& with, const std::string& name) {
        if (busy)
            with.reply("450 Busy.");
        else
            with.behave("STOR", name);
    });
    server.file("/in/a", "1");
    flow("f", {"--source", "p:/in", "--target", "q:/x/", "--target", out_folder(), "--afterwards", "delete", "--attempts", "1"});
    EXPECT_THAT(outcomes(run(10)), UnorderedElementsAre("failed", "transferred"));
    EXPECT_EQ(out("a"), "1");
    EXPECT_EQ(server.content("/in/a"), "1") << "not everybody has it";
    EXPECT_THAT(states(), ElementsAre("/in/a open"));
    fs::remove(work / "out" / "a");
    busy = false;
    EXPECT_THAT(outcomes(run()), ElementsAre("transferred"));
    EXPECT_EQ(away->content("/x/a"), "1");
    EXPECT_FALSE(fs::exists(work / "out" / "a")) << "that target had it";
    EXPECT_EQ(server.content("/in/a"), std::nullopt);
}

TEST_F(FlowVerbs, files_are_waited_for_until_they_settle_or_their_marker_comes) {
    server.file("/in/a.csv", "1");
    from_server({"--marker", "{name}.done", "--afterwards", "delete"});
    EXPECT_THAT(run(), IsEmpty());
    EXPECT_THAT(fairlead.ok({"flow", "files", "f"}), HasSubstr("its marker 'a.csv.done' is missing"));
    server.file("/in/a.csv.done", "");
    EXPECT_THAT(outcomes(run()), ElementsAre("transferred"));
    EXPECT_EQ(server.content("/in/a.csv.done"), std::nullopt);
    fairlead.ok({"flow", "update", "f", "--set", "source.marker=", "--settle", "1h"});
    server.file("/in/b.csv", "2");
    EXPECT_THAT(run(), IsEmpty());
    EXPECT_THAT(states(), ElementsAre("/in/b.csv waiting", "/in/a.csv done"));
    fairlead.ok({"flow", "update", "f", "--settle", "0s"});
    EXPECT_THAT(run(), SizeIs(1));
}

TEST_F(FlowVerbs, trees_keep_their_directories_and_limits_leave_the_rest_for_later) {
    fs::create_directories(work / "from" / "x" / "y");
    for (const auto* name : {"a", "x/b", "x/y/c", "x/.hidden"})
        write_file(work / "from" / name, name);
    flow("f", {"--source", (work / "from").string(), "-r", "--target", out_folder(), "--set", "limits.files=2",
               "--parallel", "2"});
    EXPECT_THAT(run(), SizeIs(2));
    EXPECT_THAT(run(), SizeIs(1));
    EXPECT_THAT(run(), IsEmpty());
    EXPECT_EQ(out("x/y/c"), "x/y/c");
    EXPECT_FALSE(fs::exists(work / "out" / "x" / ".hidden"));
}

TEST_F(FlowVerbs, numbers_go_on_from_run_to_run) {
    server.file("/in/a", "1");
    flow("f", {"--source", "p:/in", "--target", out_folder() + "{counter:4}.dat"});
    run();
    server.file("/in/b", "2");
    run();
    EXPECT_EQ(out("0001.dat"), "1");
    EXPECT_EQ(out("0002.dat"), "2");
}

TEST_F(FlowVerbs, a_source_that_is_missing_fails_the_run) {
    flow("f", {"--source", "p:/nowhere", "--target", out_folder()});
    const auto ran = fairlead({"flow", "run", "f"});
    EXPECT_EQ(ran.status, 3);
    EXPECT_EQ(fairlead.json({"run", "list"}).as_array().at(0).at("state"), "failed");
}

}  // namespace
}  // namespace fairlead::test

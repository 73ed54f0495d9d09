// Steps of flows with the real binary: compressing, OpenPGP, renaming, checksum and marker files; reading once.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <boost/json.hpp>
#include <filesystem>

#include "support/cli.hpp"
#include "support/connect.hpp"
#include "support/process.hpp"
#include "support/scripted_ftp.hpp"

namespace fairlead::test {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class FlowSteps : public testing::Test {
  protected:
    FlowSteps() {
        for (const auto* folder : {"in", "out", "back"})
            fs::create_directory(work / folder);
    }
    /// A flow from one folder to another with these steps.
    void flow(const std::string& name, const std::string& from, const std::string& to, const std::string& steps) {
        write_file(work / "flow.json", R"({"steps":[)" + steps + "]}");
        fairlead.ok({"flow", "create", name, "--from", (work / "flow.json").string(), "--source", (work / from).string(),
                     "--target", (work / to).string() + "/", "--afterwards", "delete"});
    }
    std::vector<std::string> names(const std::string& folder) const {
        std::vector<std::string> found;
        for (const auto& entry : fs::directory_iterator(work / folder))
            found.push_back(entry.path().filename().string());
        std::ranges::sort(found);
        return found;
    }
    bool has_copies() const {
        if (!fs::exists(fairlead.data() / "flows")) return false;
        for (const auto& entry : fs::recursive_directory_iterator(fairlead.data() / "flows"))
            if (entry.is_regular_file()) return true;
        return false;
    }

    const Cli fairlead;
    const TemporaryFolder work;
};

TEST_F(FlowSteps, what_is_compressed_is_the_same_when_it_is_unpacked) {
    for (const std::string packer : {"gzip", "zstd", "zip"}) {
        const auto unpacker = packer == "gzip" ? "gunzip" : "un" + packer;
        std::string content;
        for (int i = 0; i < 60'000; ++i)
            content += "line " + std::to_string(i) + "\n";
        write_file(work / "in" / "a.csv", content);
        write_file(work / "in" / "empty", "");
        flow("pack-" + packer, "in", "out", R"({"action":")" + packer + R"(","level":3})");
        flow("unpack-" + packer, "out", "back", R"({"action":")" + unpacker + R"("})");
        fairlead.ok({"flow", "run", "pack-" + packer});
        EXPECT_THAT(names("out"), ElementsAre(HasSubstr("a.csv."), HasSubstr("empty."))) << packer;
        EXPECT_LT(fs::file_size(work / "out" / names("out").front()), content.size() / 2);
        fairlead.ok({"flow", "run", "unpack-" + packer});
        EXPECT_THAT(names("back"), ElementsAre("a.csv", "empty"));
        EXPECT_EQ(read_file(work / "back" / "a.csv"), content) << packer;
        EXPECT_EQ(read_file(work / "back" / "empty"), "");
        EXPECT_THAT(names("out"), IsEmpty());
        fs::remove(work / "back" / "a.csv");
        fs::remove(work / "back" / "empty");
    }
    EXPECT_FALSE(has_copies());
}

TEST_F(FlowSteps, other_programs_understand_it_and_checksum_and_marker_go_with_it) {
    write_file(work / "in" / "a.csv", "hello\n");
    flow("f", "in", "out",
         R"({"action":"rename","name":"{stem}-{date:%Y}{extension}"},{"action":"gzip"},{"action":"checksum"},
            {"action":"marker","name":"{stem}.ready"})");
    fairlead.ok({"flow", "run", "f"});
    const auto found = names("out");
    ASSERT_EQ(found.size(), 3u);
    EXPECT_THAT(found[0], HasSubstr(".csv.gz"));
    EXPECT_EQ(found[1], found[0] + ".sha256");
    EXPECT_THAT(found[2], HasSubstr(".csv.ready"));
    const auto folder = (work / "out").string();
    EXPECT_EQ(run_process({"sh", "-c", "cd '" + folder + "' && sha256sum -c *.sha256 && gunzip -c *.gz"}).output,
              found[0] + ": OK\nhello\n");
}

TEST_F(FlowSteps, what_is_not_what_a_step_expects_is_put_aside) {
    write_file(work / "in" / "a.gz", "no gzip");
    flow("f", "in", "out", R"({"action":"gunzip"})");
    fairlead.ok({"flow", "update", "f", "--quarantine", "bad"});
    const auto ran = fairlead({"flow", "run", "f"});
    EXPECT_NE(ran.status, 0);
    EXPECT_THAT(ran.errors, HasSubstr("is no gzip file"));
    EXPECT_EQ(read_file(work / "in" / "bad" / "a.gz"), "no gzip");
    EXPECT_THAT(names("out"), IsEmpty());
    EXPECT_FALSE(has_copies());
}

TEST_F(FlowSteps, openpgp_by_the_keys_of_the_data_directory) {
    fairlead.ok({"flow", "list"});
    const auto home = (fairlead.data() / "gnupg").string();
    fs::create_directory(home);
    fs::permissions(home, fs::perms::owner_all);
    const auto made = run_process({"gpg", "--homedir", home, "--batch", "--pinentry-mode", "loopback", "--passphrase", "",
                                   "--quick-generate-key", "Partner <partner@example.com>", "default", "default", "never"});
    ASSERT_EQ(made.status, 0) << made.errors;
    write_file(work / "in" / "a.csv", "secret\n");
    flow("lock", "in", "out", R"({"action":"encrypt","recipients":["partner@example.com"],"armor":true})");
    flow("unlock", "out", "back", R"({"action":"decrypt"})");
    fairlead.ok({"flow", "run", "lock"});
    EXPECT_THAT(read_file(work / "out" / "a.csv.asc"), HasSubstr("BEGIN PGP MESSAGE"));
    fairlead.ok({"flow", "run", "unlock"});
    EXPECT_EQ(read_file(work / "back" / "a.csv"), "secret\n");
    write_file(work / "in" / "b.csv", "x");
    fairlead.ok({"flow", "update", "lock", "--from", [&] {
                     write_file(work / "flow.json", R"({"steps":[{"action":"encrypt","recipients":["nobody@example.com"]}]})");
                     return (work / "flow.json").string();
                 }()});
    const auto failed = fairlead({"flow", "run", "lock"});
    EXPECT_EQ(failed.status, 3);
    EXPECT_THAT(failed.errors, HasSubstr("nobody@example.com"));
    run_process({"gpgconf", "--homedir", home, "--kill", "all"});
}

TEST_F(FlowSteps, a_checksum_file_names_what_the_target_calls_it) {
    write_file(work / "in" / "a.csv", "hello\n");
    flow("f", "in", "out", R"({"action":"checksum"},{"action":"marker","name":"{name}.ok"})");
    fairlead.ok({"flow", "update", "f", "--target", (work / "out").string() + "/{stem}-{counter}{extension}"});
    fairlead.ok({"flow", "run", "f"});
    EXPECT_THAT(names("out"), ElementsAre("a-1.csv", "a-1.csv.ok", "a-1.csv.sha256"));
    EXPECT_EQ(run_process({"sh", "-c", "cd '" + (work / "out").string() + "' && sha256sum -c *.sha256"}).output, "a-1.csv: OK\n");
}

class FlowSharing : public FlowSteps {
  protected:
    FlowSharing() {
        server.folder("/in").file("/in/a", content);
        other.folder("/x");
        connect(fairlead, "p", server.endpoint());
        connect(fairlead, "q", other.endpoint());
    }
    void flow_to(std::vector<std::string> more) {
        more.insert(more.begin(), {"flow", "create", "f", "--source", "p:/in", "--target", (work / "out").string() + "/", "--target", "q:/x/",
                                   "--set", "retry.wait=1ms"});
        fairlead.ok(more);
    }

    const std::string content = std::string(6'000'000, 'x') + "end";
    ScriptedFtp server, other;
};

TEST_F(FlowSharing, a_source_is_read_once_for_all_targets) {
    flow_to({});
    fairlead.ok({"flow", "run", "f"});
    EXPECT_TRUE(read_file(work / "out" / "a") == content);
    EXPECT_TRUE(other.content("/x/a") == content);
    EXPECT_EQ(server.count("RETR"), 1u);
}

TEST_F(FlowSharing, also_through_steps) {
    write_file(work / "flow.json", R"({"steps":[{"action":"gzip"},{"action":"checksum"}]})");
    flow_to({"--from", (work / "flow.json").string()});
    fairlead.ok({"flow", "run", "f"});
    EXPECT_EQ(server.count("RETR"), 1u);
    EXPECT_TRUE(other.content("/x/a.gz") == read_file(work / "out" / "a.gz"));
    EXPECT_EQ(run_process({"sh", "-c", "cd '" + (work / "out").string() + "' && sha256sum -c --quiet *.sha256 && gunzip -c a.gz"}).output, content);
    EXPECT_FALSE(has_copies());
}

TEST_F(FlowSharing, or_each_reads_for_itself) {
    flow_to({"--set", "readOnce=false"});
    fairlead.ok({"flow", "run", "f"});
    EXPECT_EQ(server.count("RETR"), 2u);
    EXPECT_TRUE(other.content("/x/a") == content);
}

TEST_F(FlowSharing, a_target_that_breaks_off_keeps_nobody_and_is_tried_again_alone) {
    std::atomic<int> stored = 0;
    other.on("STOR", [&](FtpConversation& with, const std::string& name) {
        if (++stored > 1) return with.behave("STOR", name);
        with.reply("150 Come.");
        { auto data = with.open_data(); (void)data.read_some(1000); }
        with.reply("426 Broken off.");
    });
    flow_to({"--attempts", "3"});
    fairlead.ok({"flow", "run", "f"});
    EXPECT_TRUE(read_file(work / "out" / "a") == content);
    EXPECT_TRUE(other.content("/x/a") == content);
    EXPECT_EQ(server.count("RETR"), 2u) << "once for both, and once for the one that broke off";
}

TEST_F(FlowSharing, a_source_that_breaks_off_is_read_again_and_never_torn) {
    std::atomic<int> read = 0;
    server.on("RETR", [&](FtpConversation& with, const std::string& name) {
        if (++read > 1) return with.behave("RETR", name);
        with.reply("150 Here.");
        { auto data = with.open_data(); data.write(content.substr(0, 3'000'000)); }
        with.reply("426 Broken off.");
    });
    flow_to({"--attempts", "3"});
    fairlead.ok({"flow", "run", "f"});
    EXPECT_TRUE(read_file(work / "out" / "a") == content);
    EXPECT_TRUE(other.content("/x/a") == content);
    EXPECT_EQ(names("out"), std::vector<std::string>{"a"});
}

}  // namespace
}  // namespace fairlead::test

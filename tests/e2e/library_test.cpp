// The library as a program of somebody else uses it: saved connections by name, with and without coroutines.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fairlead/client.hpp>
#include <fairlead/session.hpp>

#include "support/cli.hpp"
#include "support/run.hpp"
#include "support/scripted_ftp.hpp"
#include "support/server.hpp"

namespace fairlead::test {
namespace {

using ::testing::ElementsAre;

class LibraryTest : public ::testing::Test {
  protected:
    void save(const std::string& name) {
        const auto endpoint = server_.endpoint();
        ProcessOptions options;
        options.input = endpoint.password.reveal();
        cli_.ok({"connection", "create", name, "--host", endpoint.host, "--port",
                 std::to_string(endpoint.port), "--username", endpoint.username, "--password-stdin"},
                options);
    }
    Client client() {
        ClientOptions options;
        options.data_directory = cli_.data().string();
        return Client(options);
    }

    ScriptedFtp server_;
    Cli cli_;
};

TEST_F(LibraryTest, opens_a_saved_connection_by_name_in_a_coroutine) {
    server_.file("/in/a.txt", "hello");
    save("partner");
    Loop loop;
    auto saved = client();
    EXPECT_THAT(saved.connections(), ElementsAre("partner"));
    const auto files = loop.run(saved.open("partner"));
    EXPECT_EQ(loop.run(files->stat("/in/a.txt")).size, 5u);
    loop.run(files->close());
}

TEST_F(LibraryTest, moves_and_changes_files_without_coroutines) {
    server_.folder("/in");
    save("partner");
    auto saved = client();
    Session session(saved, "partner");
    const auto content = noise(300'000);
    session.write("/in/a.bin", content);
    EXPECT_EQ(server_.content("/in/a.bin"), content);
    EXPECT_EQ(session.read("/in/a.bin"), content);
    session.rename("/in/a.bin", "/in/b.bin");
    EXPECT_FALSE(session.try_stat("/in/a.bin"));
    const auto entries = session.list("/in");
    ASSERT_EQ(entries.size(), 1u);
    EXPECT_EQ(entries[0].name, "b.bin");
    EXPECT_EQ(entries[0].size, content.size());
    session.remove("/in/b.bin");
    EXPECT_TRUE(session.list("/in").empty());
    EXPECT_NO_THROW(session.ping());
}

TEST_F(LibraryTest, copies_a_file_proven_and_goes_on_where_an_earlier_copy_broke_off) {
    const auto content = noise(3'000'000);
    bool first = true;
    server_.file("/in/a.bin", content)
        .folder("/in")
        .on("RETR", [&](FtpConversation& with, const std::string& path) {
            if (!std::exchange(first, false)) return with.behave("RETR", path);
            with.reply("150 here it comes");
            auto data = with.open_data();
            data.write(content.substr(0, 2'000'000));
            data.close();
            with.control.reset();
            with.hang_up();
        });
    save("partner");
    const TemporaryFolder folder;
    const auto target = (folder / "b.bin").string();
    CopyOptions options;
    options.retries = 0;
    {
        auto one = client();
        EXPECT_THROW(copy(one, "partner:/in/a.bin", target, options), Error);
    }
    auto another = client();
    const auto result = copy(another, "partner:/in/a.bin", target, options);
    EXPECT_TRUE(read_file(target) == content);
    EXPECT_EQ(result.resumed, 2'000'000u);
    EXPECT_EQ(result.bytes, 1'000'000u);
    EXPECT_EQ(result.proof, "size");
    EXPECT_EQ(result.outcome, "transferred");
    copy(another, target, "partner:/in/c.bin");
    EXPECT_TRUE(server_.content("/in/c.bin") == content);
}

TEST_F(LibraryTest, goes_on_after_an_error_and_says_good_bye) {
    {
        Session session(server_.endpoint());
        try {
            session.stat("/missing");
            FAIL() << "found";
        } catch (const Error& error) {
            EXPECT_EQ(error.code, ErrorCode::not_found);
            EXPECT_TRUE(error.session_usable);
        }
        session.write("/x", "1");
        EXPECT_THROW(session.read("/x", std::size_t{0}), Error) << "larger than allowed";
    }
    EXPECT_EQ(server_.count("QUIT"), 1u);
}

TEST_F(LibraryTest, gives_no_session_for_an_unknown_or_disabled_connection) {
    save("partner");
    cli_.ok({"connection", "disable", "partner"});
    auto saved = client();
    const auto code_of = [&](const std::string& name) {
        try {
            Session session(saved, name);
        } catch (const Error& error) {
            return error.code;
        }
        return ErrorCode::internal;
    };
    EXPECT_EQ(code_of("partner"), ErrorCode::disabled);
    EXPECT_EQ(code_of("nobody"), ErrorCode::not_found);
    EXPECT_EQ(server_.connections(), 0u);
}

TEST(HostKey, accepted_on_first_use_is_recorded_and_another_one_is_refused_from_then_on) {
    Server server("openssh");
    const Cli fairlead;
    ProcessOptions options;
    options.input = server["password"];
    fairlead.ok({"connection", "create", "ssh", "--protocol", "sftp", "--host", server["host"], "--port",
                 server["port"], "--username", server["username"], "--password-stdin", "--working-directory",
                 server["path"]},
                options);
    const auto unknown = fairlead({"ls", "ssh:"});
    EXPECT_EQ(unknown.status, 5);
    EXPECT_THAT(unknown.errors, ::testing::HasSubstr(server["host_key"]));
    fairlead.ok({"ls", "ssh:", "--accept-new-host-key"});
    const auto stored = fairlead.json({"connection", "show", "ssh"});
    EXPECT_EQ(stored.at("sftp").at("hostKeys").as_array().at(0).as_string(), server["host_key"]);
    fairlead.ok({"ls", "ssh:"});

    fairlead.ok(
        {"connection", "update", "ssh", "--host-key", "SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"});
    const auto changed = fairlead({"ls", "ssh:", "--accept-new-host-key"});
    EXPECT_EQ(changed.status, 5);
    EXPECT_THAT(changed.errors, ::testing::HasSubstr(server["host_key"]));
}

TEST(UrlLocation, takes_its_password_from_the_environment_and_makes_no_data_directory) {
    ScriptedFtp server;
    server.file("/a.txt", "hello");
    const Cli fairlead;
    ProcessOptions options;
    options.environment["FAIRLEAD_PASSWORD"] = server.endpoint().password.reveal();
    const auto url =
        "ftp://" + server.endpoint().username + "@127.0.0.1:" + std::to_string(server.port()) + "/a.txt";
    EXPECT_EQ(fairlead.ok({"cat", url}, options), "hello");
    EXPECT_FALSE(std::filesystem::exists(fairlead.data()));
}

}  // namespace
}  // namespace fairlead::test

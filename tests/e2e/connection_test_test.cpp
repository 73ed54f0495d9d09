// `connection test`, against a server that behaves as told.

#include <signal.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <boost/json.hpp>

#include "bundle/archive.hpp"
#include "support/cli.hpp"
#include "support/scripted_ftp.hpp"

namespace fairlead::test {
namespace {

namespace json = boost::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

std::vector<std::string> reach(const ScriptedFtp& server) {
    const auto endpoint = server.endpoint();
    return {"--host",     endpoint.host,    "--port", std::to_string(endpoint.port),
            "--username", endpoint.username};
}

ProcessOptions password_of(const ScriptedFtp& server) {
    ProcessOptions options;
    options.environment["FAIRLEAD_PASSWORD"] = std::string(server.endpoint().password.reveal());
    return options;
}

std::vector<std::string> with(std::vector<std::string> words, const std::vector<std::string>& more) {
    words.insert(words.end(), more.begin(), more.end());
    return words;
}

std::vector<std::string> steps_of(const json::value& report) {
    std::vector<std::string> names;
    for (const auto& step : report.at("steps").as_array())
        names.emplace_back(step.at("step").as_string());
    return names;
}

TEST(ConnectionTest, of_unsaved_flags_reports_every_step_and_saves_nothing) {
    ScriptedFtp server;
    const Cli fairlead;
    const auto report = fairlead.json(with({"connection", "test"}, reach(server)), password_of(server));
    EXPECT_TRUE(report.at("ok").as_bool());
    EXPECT_THAT(steps_of(report), ElementsAre("resolve", "connect", "login", "directory", "list"));
    EXPECT_TRUE(report.at("abilities").at("machineListing").as_bool());
    EXPECT_FALSE(std::filesystem::exists(fairlead.data()));
}

TEST(ConnectionTest, with_write_leaves_nothing_behind) {
    ScriptedFtp server;
    const Cli fairlead;
    const auto report =
        fairlead.json(with({"connection", "test", "--write"}, reach(server)), password_of(server));
    const auto steps = steps_of(report);
    EXPECT_THAT(std::vector(steps.end() - 3, steps.end()), ElementsAre("write", "rename", "delete"));
    EXPECT_EQ(server.count("STOR"), 1u);
    EXPECT_EQ(server.count("DELE"), 1u);
}

TEST(ConnectionTest, with_write_cleans_up_after_a_refused_rename) {
    ScriptedFtp server;
    server.on("RNFR", "550 No renaming here.");
    const Cli fairlead;
    const auto result =
        fairlead(with({"--json", "connection", "test", "--write"}, reach(server)), password_of(server));
    EXPECT_NE(result.status, 0);
    const auto report = json::parse(result.output);
    EXPECT_FALSE(report.at("ok").as_bool());
    EXPECT_EQ(report.at("steps").as_array().back().at("step"), "rename");
    EXPECT_EQ(report.at("error").at("serverReply"), "550 No renaming here.");
    EXPECT_EQ(json::parse(result.errors).at("step"), "rename");
    for (const auto& command : server.commands())
        if (command.starts_with("STOR ")) EXPECT_FALSE(server.content(command.substr(5))) << command;
}

TEST(ConnectionTest, of_a_refused_password_tries_once_and_exits_with_4) {
    ScriptedFtp server;
    server.on("PASS", "530 Login incorrect.");
    const Cli fairlead;
    const auto result =
        fairlead(with({"connection", "test", "--retries", "3"}, reach(server)), password_of(server));
    EXPECT_EQ(result.status, 4);
    EXPECT_EQ(server.count("PASS"), 1u);
    EXPECT_THAT(result.output, HasSubstr("FAILED"));
    EXPECT_THAT(result.errors, HasSubstr("530 Login incorrect."));
    EXPECT_THAT(result.errors, HasSubstr("step: login"));
    EXPECT_THAT(result.errors, HasSubstr("hint: "));
}

TEST(ConnectionTest, of_a_port_where_nobody_listens_exits_with_5) {
    const Cli fairlead;
    const auto result =
        fairlead({"connection", "test", "--host", "127.0.0.1", "--port", std::to_string(refused_port())});
    EXPECT_EQ(result.status, 5);
    EXPECT_THAT(result.errors, HasSubstr("step: connect"));
}

TEST(ConnectionTest, of_a_silent_server_ends_with_the_time_out_and_6) {
    ScriptedFtp server;
    server.silent_on("GREETING");
    const Cli fairlead;
    const auto result =
        fairlead(with({"connection", "test", "--timeout", "1"}, reach(server)), password_of(server));
    EXPECT_EQ(result.status, 6) << result.errors;
}

TEST(ConnectionTest, of_a_saved_connection_uses_its_password_and_lets_flags_win) {
    ScriptedFtp server;
    const Cli fairlead;
    fairlead.ok(with({"connection", "create", "partner"}, reach(server)), password_of(server));
    EXPECT_EQ(fairlead({"connection", "test", "partner"}).status, 0);
    const auto overridden =
        fairlead({"connection", "test", "partner", "--port", std::to_string(refused_port())});
    EXPECT_EQ(overridden.status, 5);
    EXPECT_EQ(fairlead.json({"connection", "show", "partner"}).at("port"), server.port());
}

TEST(ConnectionTest, never_sends_a_stored_password_to_another_host) {
    ScriptedFtp server;
    const Cli fairlead;
    fairlead.ok({"connection", "create", "partner", "--host", "ftp.example.com", "--username", "alice"},
                password_of(server));
    const auto result = fairlead(
        {"connection", "test", "partner", "--host", "127.0.0.1", "--port", std::to_string(server.port())});
    EXPECT_EQ(result.status, 2);
    EXPECT_EQ(server.connections(), 0u);
    EXPECT_THAT(result.errors, HasSubstr("--password-env"));
}

TEST(ConnectionTest, of_a_disabled_connection_is_refused_with_9_before_anything_is_dialled) {
    ScriptedFtp server;
    const Cli fairlead;
    fairlead.ok(with({"connection", "create", "partner", "--disabled"}, reach(server)), password_of(server));
    const auto result = fairlead({"--json", "connection", "test", "partner"});
    EXPECT_EQ(result.status, 9);
    EXPECT_EQ(json::parse(result.errors).at("code"), "disabled");
    EXPECT_EQ(server.connections(), 0u);
    fairlead.ok({"connection", "enable", "partner"});
    EXPECT_EQ(fairlead({"connection", "test", "partner"}).status, 0);
}

TEST(ConnectionTest, stops_cleanly_at_the_first_signal_with_130) {
    ScriptedFtp server;
    const Cli fairlead;
    const auto pid_file = fairlead.folder() / "pid";
    server.on("USER", [&](FtpConversation& with_client, const std::string&) {
        ::kill(std::stoi(read_file(pid_file)), SIGTERM);
        with_client.control.wait_for_close();
        with_client.hang_up();
    });
    std::string command = "echo $$ > '" + pid_file.string() + "'; exec";
    for (const auto& word : fairlead.command(with({"connection", "test"}, reach(server))))
        command += " '" + word + "'";
    const auto result = run_process({"sh", "-c", command}, password_of(server));
    EXPECT_EQ(result.status, 130) << result.errors;
}

TEST(Quote, shows_the_reply_and_follows_its_code) {
    ScriptedFtp server;
    server.on("SITE", {"214-Help", " CHMOD", "214 End"});
    server.on("NOOP", "500 What?");
    const Cli fairlead;
    fairlead.ok(with({"connection", "create", "partner"}, reach(server)), password_of(server));
    EXPECT_EQ(fairlead.ok({"quote", "partner", "SITE", "HELP"}), "214-Help\n CHMOD\n214 End\n");
    EXPECT_EQ(fairlead.json({"quote", "partner:", "SITE HELP"}).at("code"), 214);
    EXPECT_NE(fairlead({"quote", "partner", "NOOP"}).status, 0);
    EXPECT_EQ(fairlead({"quote", "partner", "SITE X\r\nDELE y"}).status, 2);
    EXPECT_EQ(server.count("DELE"), 0u);
}

TEST(SecretsOfTests, appear_in_no_output_no_file_and_no_process_list) {
    const std::string planted = "pLaNtEd-S3cret";
    ScriptedFtp server;
    const Cli fairlead;
    std::string seen;
    const auto run = [&](const std::vector<std::string>& arguments, ProcessOptions options = {}) {
        const auto result = fairlead(arguments, std::move(options));
        seen += result.output + result.errors + result.command_line + "\n";
        return result.status;
    };
    ProcessOptions on_stdin;
    on_stdin.input = planted + "\n";
    ProcessOptions in_environment;
    in_environment.environment["THE_PASSWORD"] = planted;
    write_file(fairlead.folder() / "password", planted);

    EXPECT_EQ(run(with({"-vv", "connection", "create", "a", "--password-stdin"}, reach(server)), on_stdin),
              0);
    EXPECT_EQ(run(with({"connection", "create", "b", "--password-env", "THE_PASSWORD"}, reach(server)),
                  in_environment),
              0);
    EXPECT_EQ(
        run(with({"connection", "create", "c", "--password-file", (fairlead.folder() / "password").string()},
                 reach(server))),
        0);
    run({"--trace", "connection", "test", "a", "--write"});
    EXPECT_EQ(run({"--json", "connection", "show", "b"}), 0);
    EXPECT_EQ(run({"connection", "list"}), 0);
    EXPECT_EQ(run({"--json", "connection", "history", "c"}), 0);
    EXPECT_EQ(run({"connection", "duplicate", "a", "d"}), 0);
    EXPECT_EQ(run({"connection", "update", "a", "--password-stdin"}, on_stdin), 0);
    EXPECT_EQ(
        run({"connection", "update", "a", "--port", "0", "--password-env", "THE_PASSWORD"}, in_environment),
        2);
    EXPECT_EQ(run({"doctor"}), 0);
    EXPECT_EQ(run({"-vv", "secret", "rotate"}), 0);
    EXPECT_EQ(run({"--json", "secret", "check"}), 0);

    const std::string passphrase = "pLaNtEd-P4ssphrase";
    ProcessOptions with_passphrase;
    with_passphrase.environment["THE_PASSPHRASE"] = passphrase;
    const auto plain = (fairlead.folder() / "plain.zip").string();
    const auto sealed = (fairlead.folder() / "sealed.zip").string();
    EXPECT_EQ(run({"--json", "connection", "export", "--all", "--output", plain}), 0);
    EXPECT_EQ(run({"--json", "connection", "export", "--all", "--with-secrets", "--passphrase-env", "THE_PASSPHRASE",
                   "--output", sealed},
                  with_passphrase),
              0);
    EXPECT_EQ(run({"-vv", "connection", "import", plain, "--on-conflict", "rename"}), 0);
    EXPECT_EQ(run({"--json", "connection", "import", sealed, "--on-conflict", "overwrite", "--passphrase-env",
                   "THE_PASSPHRASE"},
                  with_passphrase),
              0);
    EXPECT_EQ(run({"connection", "import", sealed, "--passphrase-env", "THE_PASSWORD"}, in_environment), 2);
    for (const auto& file : {plain, sealed}) {
        const auto bytes = read_file(file);
        seen += bytes;
        const bundle::Archive archive(bytes);
        for (const auto& path : archive.paths())
            seen += path + archive.read(path);
    }
    const auto remotes = (fairlead.folder() / "rclone.conf").string();
    write_file(remotes, "[r]\ntype = ftp\nhost = h\nuser = u\nport = 0\nsocks_proxy = u:" + planted + "@h:1\n");
    EXPECT_EQ(run({"connection", "import", remotes}), 2) << "with a port that is wrong";

    write_file(fairlead.folder() / "command", "#!/bin/sh\necho " + planted + "\necho " + planted + " >&2\nexit 1\n");
    const auto command = (fairlead.folder() / "command").string();
    std::filesystem::permissions(command, std::filesystem::perms(0700));
    ProcessOptions reference;
    reference.input = "command:" + command;
    EXPECT_EQ(run(with({"connection", "create", "e", "--password-stdin"}, reach(server)), reference), 0);
    EXPECT_EQ(run({"--trace", "--allow-secret-commands", "connection", "test", "e"}), 2);
    EXPECT_THAT(seen, Not(HasSubstr(planted)));
    EXPECT_THAT(seen, Not(HasSubstr(passphrase)));
    for (const auto& file : std::filesystem::recursive_directory_iterator(fairlead.data()))
        if (file.is_regular_file())
            EXPECT_THAT(read_file(file.path()), Not(HasSubstr(passphrase))) << file.path();
    seen.clear();  // from here on the caller gives it away himself, and nothing may repeat it
    const auto say = [&](const std::vector<std::string>& arguments) {
        const auto result = fairlead(arguments);
        seen += result.output + result.errors;
        return result.status;
    };
    EXPECT_EQ(say({"connection", "create", "x", "--host", "h", "--password", planted}), 2);
    EXPECT_EQ(say({"connection", "create", "x", "--host", "h", "--password=" + planted}), 2);
    EXPECT_EQ(say({"connection", "create", "x", "--url", "ftp://u:" + planted + "@h/"}), 2);
    EXPECT_EQ(say({"connection", "create", "x", "--host", "h", "--proxy", "http://u:" + planted + "@h:1"}),
              2);
    EXPECT_EQ(say({"connection", "test", "ftp://u:" + planted + "@h/"}), 2);
    EXPECT_EQ(say({"connection", "show", "ftp://u:" + planted + "@h/"}), 2);
    EXPECT_EQ(say({"ls", "ftp://u:" + planted + "@h/"}), 2);
    for (const auto& file : std::filesystem::recursive_directory_iterator(fairlead.data()))
        if (file.is_regular_file())
            EXPECT_THAT(read_file(file.path()), Not(HasSubstr(planted))) << file.path();
    EXPECT_THAT(seen, Not(HasSubstr(planted)));
    EXPECT_THAT(server.commands(), ::testing::Contains("PASS " + planted))
        << "as it was given, without its line end";
}

}  // namespace
}  // namespace fairlead::test

// Secrets that were planted are looked for in everything that is said, written or shown to others: outputs, traces, logs,
// answers, packages, files of the database, the list of processes.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <boost/json.hpp>

#include <algorithm>
#include <filesystem>

#include "base/base64.hpp"
#include "support/any_store.hpp"
#include "support/cli.hpp"
#include "support/daemon.hpp"
#include "support/scripted_ftp.hpp"

namespace fairlead::test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class PlantedSecrets : public OnAnyStore {
  protected:
    PlantedSecrets() {
        server.folder("/in").file("/in/a", "content");
        server.on("PASS", [this](FtpConversation& talk, const std::string& given) {
            given_ = given;
            talk.reply(given == kPassword ? "230 in" : "530 no " + given);  // some servers say it back
        });
    }

    /// Runs a verb, whatever comes of it, and keeps all that anybody could see of it.
    int run(std::vector<std::string> arguments, const std::string& input = {}) {
        ProcessOptions options;
        options.input = input;
        options.environment["EDITOR"] = "cat";  // what the editor is given
        options.environment["BUNDLE"] = kPassphrase;
        const auto result = fairlead(arguments, options);
        seen_.emplace_back(testing::PrintToString(arguments), result.output + result.errors);
        // Who writes a password into the command line has shown it already; nobody else does.
        const bool shown = std::ranges::any_of(arguments, [](const auto& one) { return one.find(kWrong) != one.npos; });
        if (!shown) seen_.back().second += result.command_line;
        return result.status;
    }
    void runs(const std::vector<std::vector<std::string>>& all) {
        for (const auto& arguments : all)
            EXPECT_EQ(run(arguments), 0) << seen_.back().first << seen_.back().second;
    }
    static std::string heard(const RawAnswer& answer) {
        auto text = answer.body;
        for (const auto& [name, value] : answer.headers)
            text += "\n" + name + ": " + value;
        return text;
    }
    void see_files(const fs::path& folder) {
        for (const auto& entry : fs::recursive_directory_iterator(folder))
            if (entry.is_regular_file()) seen_.emplace_back(entry.path().string(), read_file(entry.path()));
    }
    void expect_nothing_seen() {
        for (const auto* secret : {kPassword, kWrong, kProxy, kVariable, kPassphrase, kUser, kHost, kDirectory})
            for (const auto& hidden : {std::string(secret), to_base64(secret)})
                for (const auto& [where, what] : seen_)
                    EXPECT_EQ(what.find(hidden), std::string::npos) << hidden << " in " << where;
    }

    static constexpr auto kPassword = "pl4nted-Passw0rd-of-partner";
    static constexpr auto kWrong = "pl4nted-Wr0ng-password";
    static constexpr auto kProxy = "pl4nted-Pr0xy-password";
    static constexpr auto kVariable = "pl4nted-Variable-value";
    static constexpr auto kPassphrase = "pl4nted-Passphrase-of-bundle";
    static constexpr auto kUser = "pl4nted-User-name";
    static constexpr auto kHost = "pl4nted-h0st.invalid";
    static constexpr auto kDirectory = "pl4nted-D1rectory";

    ScriptedFtp server;
    const Cli fairlead;
    std::string given_;
    std::vector<std::pair<std::string, std::string>> seen_;  ///< where, and what
};
FAIRLEAD_ON_ANY_STORE(PlantedSecrets);

TEST_P(PlantedSecrets, are_nowhere_but_where_they_belong) {
    const auto port = std::to_string(server.port());
    const auto file = [this](const char* name) { return (fairlead.folder() / name).string(); };
    EXPECT_EQ(run({"connection", "create", "partner", "--host", "127.0.0.1", "--port", port, "--username", "u", "--retries",
                   "0", "--password-stdin", "-vv", "--json"},
                  kPassword),
              0);
    EXPECT_EQ(run({"variable", "set", "word", "--secret", "--value-stdin", "--json"}, kVariable), 0);
    EXPECT_EQ(run({"variable", "set", "pw", "--secret", "--value-stdin", "--environment", "test"}, kPassword), 0);
    EXPECT_EQ(run({"connection", "create", "by-variable", "--host", "127.0.0.1", "--port", port, "--username", "u",
                   "--retries", "0", "--description", "${word}", "--password-stdin"},
                  "${pw}"),
              0);
    EXPECT_EQ(run({"connection", "create", "wrong", "--host", "127.0.0.1", "--port", port, "--username", "u", "--retries",
                   "0", "--password-stdin"},
                  kWrong),
              0);
    runs({{"--trace", "connection", "test", "partner", "--write"},
          {"--json", "--trace", "-vv", "connection", "test", "by-variable", "--environment", "test"},
          {"--trace", "-vv", "ls", "-l", "partner:/in"},
          {"--trace", "get", "partner:/in/a", file("a")},
          {"--trace", "quote", "partner", "NOOP"}});
    EXPECT_EQ(given_, kPassword) << "it did reach the server";
    EXPECT_EQ(run({"--trace", "-vv", "connection", "test", "wrong"}), 4);
    EXPECT_EQ(run({"--json", "--trace", "ls", "wrong:"}), 4);
    EXPECT_EQ(run({"ls", std::string("ftp://u:") + kWrong + "@127.0.0.1:" + port + "/"}), 2);
    runs({{"operation", "create", "fetch", "--action", "list", "--connection", "partner", "--remote-directory", "/in"},
          {"--trace", "--json", "operation", "run", "fetch"},
          {"--json", "run", "list"},
          {"connection", "edit", "partner"},
          {"connection", "edit", "partner", "--as", "json"},
          {"connection", "duplicate", "partner", "copy", "--json"},
          {"connection", "rename", "copy", "other", "--json"},
          {"connection", "move", "other", "--to", "global", "--json"},
          {"connection", "update", "partner", "--description", "x", "--json"},
          {"connection", "rollback", "partner", "--to", "1", "--json"},
          {"connection", "list", "--json"},
          {"connection", "show", "partner", "--json"},
          {"connection", "show", "by-variable", "--resolved", "--environment", "all", "--json"},
          {"connection", "show", "by-variable", "--resolved"},
          {"connection", "history", "partner", "--json"},
          {"variable", "list", "--json"},
          {"variable", "show", "pw", "--json"},
          {"audit", "list", "--json"},
          {"doctor", "--json"},
          {"secret", "check", "--json"},
          {"secret", "rotate", "--json"},
          {"connection", "export", "--scope", "everything", "-o", file("plain.zip")},
          {"connection", "export", "--scope", "everything", "--with-secrets", "--passphrase-env", "BUNDLE", "-o",
           file("sealed.zip")},
          {"--project", "back", "connection", "import", file("plain.zip"), "--on-conflict", "overwrite", "--dry-run",
           "--json"},
          {"connection", "import", file("sealed.zip"), "--on-conflict", "overwrite", "--passphrase-env", "BUNDLE",
           "--json"}});
    const auto unusable = fairlead.data() / "secret.key";
    const auto key = read_file(unusable);
    write_file(unusable, std::string(key.size(), 'x'));
    EXPECT_NE(run({"--trace", "-vv", "--json", "connection", "test", "partner"}), 0);
    write_file(unusable, key);
    {
        Daemon daemon(fairlead, {"--log-level", "debug"});
        for (const auto* target :
             {"/v1/projects/default/connections", "/v1/projects/default/connections/partner",
              "/v1/projects/default/connections/partner/history", "/v1/projects/default/variables/pw", "/v1/audit",
              "/v1/projects/default/connections/partner/entries?path=/in", "/metrics"}) {
            const auto answer = daemon("GET", target);
            seen_.emplace_back(target, heard(answer));
        }
        for (const auto* name : {"partner", "wrong"})
            seen_.emplace_back(name, daemon("POST", std::string("/v1/projects/default/connections/") + name + "/test", "{}",
                                            "Content-Type: application/json\r\n")
                                         .body);
        const auto made = daemon("POST", "/v1/projects/default/connections",
                                 std::string(R"({"name":"posted","host":"h","proxy":"http://u@p:1","proxyPassword":")") + kProxy + "\"}",
                                 "Content-Type: application/json\r\n");
        EXPECT_THAT(made.body, HasSubstr("posted"));
        seen_.emplace_back("POST", heard(made));
        daemon.stop();
        seen_.emplace_back("log", daemon.log());
    }
    fs::remove(fs::path(file("a")));
    see_files(fairlead.folder().path());
    if (is_shared()) see_files(Postgres::shared().folder());
    expect_nothing_seen();
}

TEST_P(PlantedSecrets, of_variables_are_masked_in_fields_that_are_shown) {
    const std::string port = std::to_string(server.port());
    const std::string directory = std::string("/") + kDirectory;
    server.folder(directory).file(directory + "/a", "content");
    server.on("USER", [](FtpConversation& talk, const std::string& given) { talk.reply("331 and the password of " + given); });
    server.on("PWD", [directory](FtpConversation& talk, const std::string&) { talk.reply("257 \"" + directory + "\""); });
    const auto file = [this](const char* name) { return (fairlead.folder() / name).string(); };
    for (const auto& [name, value] : {std::pair{"user", kUser}, {"host", kHost}, {"directory", kDirectory}})
        EXPECT_EQ(run({"variable", "set", name, "--secret", "--value-stdin"}, value), 0);
    const std::vector<std::string> rest{"--port", port, "--username", "x-${user}", "--working-directory", "/${directory}/",
                                        "--retries", "0", "--password-stdin"};
    for (const auto& [name, host] : {std::pair{"good", "127.0.0.1"}, {"lost", "${host}"}}) {
        std::vector<std::string> create{"connection", "create", name, "--host", host};
        create.insert(create.end(), rest.begin(), rest.end());
        EXPECT_EQ(run(create, kPassword), 0);
    }
    write_file(fairlead.folder() / "b", "content");
    runs({{"--trace", "connection", "test", "good", "--write"},
          {"--json", "connection", "test", "good"},
          {"--trace", "-vv", "ls", "-l", "good:"},
          {"--trace", "get", "good:a", file("a")},
          {"--trace", "--json", "put", file("b"), "good:b"},
          {"quote", "good", "PWD"},
          {"connection", "show", "good", "--resolved"},
          {"operation", "create", "fetch", "--action", "list", "--connection", "good", "--remote-directory", "/"},
          {"operation", "create", "stray", "--action", "list", "--connection", "good", "--remote-directory", "/none"},
          {"--trace", "--json", "operation", "run", "fetch"}});
    EXPECT_THAT(seen_[5].second, HasSubstr("USER ***")) << "the conversation itself is there";
    for (const auto& failing : std::vector<std::vector<std::string>>{{"--trace", "-vv", "ls", "lost:"},
                                                                      {"--json", "ls", "lost:"},
                                                                      {"connection", "test", "lost"},
                                                                      {"--json", "connection", "test", "lost"},
                                                                      {"--trace", "cat", "good:none"},
                                                                      {"--json", "get", "good:none/x", file("c")},
                                                                      {"--trace", "--json", "put", file("b"), "good:none/x"},
                                                                      {"--json", "operation", "run", "stray"}})
        EXPECT_NE(run(failing), 0) << seen_.back().first;
    EXPECT_EQ(run({"--json", "run", "list"}), 0);
    {
        Daemon daemon(fairlead, {"--log-level", "debug"});
        const auto asks = [&](const char* method, const std::string& target, const std::string& body = {}) {
            const auto answer = body.empty() ? daemon(method, target)
                                             : daemon(method, target, body, "Content-Type: application/json\r\n");
            seen_.emplace_back(target, heard(answer));
        };
        const std::string below = "/v1/projects/default/";
        for (const auto* name : {"good", "lost"}) {
            asks("GET", below + "connections/" + name + "/entries?path=/");
            asks("GET", below + "connections/" + name + "/content?path=/none");
            asks("POST", below + "connections/" + name + "/test", "{}");
            asks("POST", "/v1/sessions", std::string(R"({"connection":")") + name + "\"}");
        }
        asks("POST", "/v1/sessions",
             R"({"host":"127.0.0.1","port":)" + port + R"(,"username":"${user}","password":")" + kWrong + "\"}");
        asks("GET", "/v1/sessions");
        asks("POST", below + "operations/stray/execute", "{}");
        asks("GET", below + "runs");
        asks("GET", "/v1/audit");
        asks("GET", "/metrics");
        daemon.stop();
        seen_.emplace_back("log", daemon.log());
    }
    see_files(fairlead.folder().path());
    if (is_shared()) see_files(Postgres::shared().folder());
    expect_nothing_seen();
}

}  // namespace
}  // namespace fairlead::test

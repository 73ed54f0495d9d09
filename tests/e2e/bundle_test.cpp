// connection export and import, as a user types them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <boost/json.hpp>

#include <ctime>
#include <filesystem>
#include <regex>

#include "bundle/archive.hpp"
#include "support/any_store.hpp"
#include "support/cli.hpp"
#include "support/scripted_ftp.hpp"

namespace fairlead::test {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr auto kSecret = "pLaNtEd-S3cret";

ProcessOptions given(const std::string& text) {
    ProcessOptions options;
    options.input = text;
    return options;
}

ProcessOptions with_passphrase(const std::string& passphrase) {
    ProcessOptions options;
    options.environment["THE_PASSPHRASE"] = passphrase;
    return options;
}

class Bundles : public OnAnyStore {
  protected:
    Bundles() {
        here.ok({"connection", "create", "partner", "--url", "ftpes://alice@ftp.example.com:2121/in", "--tag", "a",
                 "--description", "the partner", "--password-stdin"},
                given(kSecret));
        here.ok({"connection", "create", "other", "--url", "sftp://bob@sftp.example.com/"});
    }

    std::string exported(std::vector<std::string> arguments, ProcessOptions options = {}) {
        const auto file = (here.folder() / "bundle.zip").string();
        arguments.insert(arguments.begin(), {"connection", "export"});
        arguments.insert(arguments.end(), {"--output", file});
        here.ok(arguments, std::move(options));
        return file;
    }

    static json::value error_of(const ProcessResult& result) { return json::parse(result.errors); }

    const Cli here, there{fairlead_binary(), store_of_its_own()};
};
FAIRLEAD_ON_ANY_STORE(Bundles);

TEST_P(Bundles, are_named_by_day_and_connection_and_hold_JSON_without_the_password) {
    ProcessOptions in_folder;
    in_folder.folder = here.folder().path().string();
    const auto before = std::time(nullptr);
    const auto name = here.ok({"connection", "export", "partner"}, in_folder);
    char today[64];
    std::strftime(today, sizeof today, "%d %b %Y", std::localtime(&before));
    const auto day = std::string(today[0] == '0' ? today + 1 : today);
    EXPECT_EQ(name, day + "-ftp-integration-partner-export.zip\n");
    const auto bytes = read_file(here.folder() / name.substr(0, name.size() - 1));
    const bundle::Archive archive(bytes);
    const auto document = json::parse(archive.read("projects/default/connections/partner.json"));
    EXPECT_EQ(document.at("host"), "ftp.example.com");
    EXPECT_TRUE(document.at("password").is_null());
    for (const auto& path : archive.paths())
        EXPECT_THAT(archive.read(path), Not(HasSubstr(kSecret))) << path;
}

TEST_P(Bundles, of_the_same_content_have_the_same_bytes_also_after_a_journey) {
    const auto file = exported({"--all"});
    const auto first = read_file(file);
    EXPECT_EQ(read_file(exported({"partner", "other"})), first);
    there.ok({"connection", "import", file});
    const auto back = (there.folder() / "back.zip").string();
    there.ok({"connection", "update", "partner", "--password-stdin"}, given("something else"));
    there.ok({"connection", "export", "--all", "-o", back});
    EXPECT_EQ(read_file(back), first);
}

TEST_P(Bundles, bring_connections_over_and_say_what_must_be_entered_again) {
    const auto file = exported({"partner", "other"});
    const auto result = there.json({"connection", "import", file});
    EXPECT_EQ(result.at("format"), "bundle");
    ASSERT_EQ(result.at("items").as_array().size(), 2u);
    const auto& partner = result.at("items").at(1);
    EXPECT_EQ(partner.at("name"), "partner");
    EXPECT_EQ(partner.at("action"), "create");
    EXPECT_EQ(partner.at("secretsToEnter"), json::parse(R"(["password"])"));
    const auto shown = there.json({"connection", "show", "partner"});
    const auto original = here.json({"connection", "show", "partner"});
    for (const auto* same : {"host", "port", "protocol", "username", "workingDirectory", "tags", "description", "tls"})
        EXPECT_EQ(shown.at(same), original.at(same)) << same;
    EXPECT_NE(shown.at("id"), original.at("id"));
    EXPECT_EQ(shown.at("secretsSet").as_array().size(), 0u);
    EXPECT_THAT(there.ok({"connection", "import", file, "--project", "sales"}), HasSubstr("to be entered again: password"));
    EXPECT_EQ(there.json({"connection", "list", "--project", "sales"}).as_array().size(), 2u);
}

TEST_P(Bundles, treat_a_taken_name_as_they_are_told) {
    const auto file = exported({"--all"});
    there.ok({"connection", "create", "PARTNER", "--url", "ftpes://alice@ftp.example.com:2121/", "--password-stdin"},
             given(kSecret));
    const auto id = there.json({"connection", "show", "partner"}).at("id");

    const auto refused = there({"--json", "connection", "import", file});
    EXPECT_EQ(refused.status, 8);
    EXPECT_EQ(error_of(refused).at("code"), "already_exists");
    EXPECT_THAT(refused.errors, HasSubstr("partner"));
    EXPECT_EQ(there.json({"connection", "list"}).as_array().size(), 1u) << "nothing, or all of it";

    const auto renamed = there.json({"connection", "import", file, "--on-conflict", "rename"});
    EXPECT_EQ(renamed.at("items").at(1).at("name"), "partner-2");
    EXPECT_EQ(there.json({"connection", "list"}).as_array().size(), 3u);

    there.ok({"connection", "delete", "other"});
    const auto replaced = there.json({"connection", "import", file, "--on-conflict", "overwrite"});
    EXPECT_EQ(replaced.at("items").at(1).at("action"), "overwrite");
    EXPECT_EQ(replaced.at("items").at(1).at("secretsToEnter").as_array().size(), 0u) << "the same server: it is kept";
    const auto now = there.json({"connection", "show", "partner"});
    EXPECT_EQ(now.at("id"), id);
    EXPECT_EQ(now.at("workingDirectory"), "/in");
    EXPECT_EQ(now.at("revision"), 2);
    EXPECT_EQ(now.at("secretsSet"), json::parse(R"(["password"])"));
    EXPECT_EQ(there({"connection", "import", file, "--on-conflict", "guess"}).status, 2);
}

TEST_P(Bundles, never_let_a_kept_password_go_to_another_server) {
    const auto file = exported({"partner"});
    there.ok({"connection", "create", "partner", "--url", "ftpes://alice@elsewhere.example.com/", "--password-stdin"},
             given(kSecret));
    const auto result = there.json({"connection", "import", file, "--on-conflict", "overwrite"});
    EXPECT_EQ(result.at("items").at(0).at("secretsToEnter"), json::parse(R"(["password"])"));
    EXPECT_EQ(there.json({"connection", "show", "partner"}).at("secretsSet").as_array().size(), 0u);
}

TEST_P(Bundles, say_in_a_dry_run_what_they_would_do_and_do_nothing) {
    const auto file = exported({"--all"});
    const auto result = there.json({"connection", "import", file, "--dry-run"});
    EXPECT_EQ(result.at("dryRun"), true);
    EXPECT_EQ(result.at("items").as_array().size(), 2u);
    EXPECT_EQ(there.json({"connection", "list"}).as_array().size(), 0u);
    there.ok({"connection", "create", "other", "--host", "h"});
    EXPECT_EQ(there({"connection", "import", file, "--dry-run"}).status, 8);
}

TEST_P(Bundles, carry_secrets_only_encrypted_and_open_only_with_the_passphrase) {
    const auto file = exported({"partner", "--with-secrets", "--passphrase-env", "THE_PASSPHRASE"},
                               with_passphrase("correct horse"));
    const auto bytes = read_file(file);
    EXPECT_THAT(bytes, Not(HasSubstr(kSecret)));
    EXPECT_THAT(bytes, Not(HasSubstr("partner")));
    EXPECT_EQ(fs::status(file).permissions(), fs::perms(0600));

    EXPECT_EQ(there({"connection", "import", file}).status, 2) << "no passphrase";
    const auto wrong = there({"--json", "connection", "import", file, "--passphrase-env", "THE_PASSPHRASE"},
                             with_passphrase("wrong horse"));
    EXPECT_EQ(wrong.status, 2);
    EXPECT_THAT(wrong.errors, HasSubstr("passphrase"));
    EXPECT_THAT(wrong.errors, Not(HasSubstr("wrong horse")));
    EXPECT_EQ(there.json({"connection", "list"}).as_array().size(), 0u);

    const auto result = there.json({"connection", "import", file, "--passphrase-env", "THE_PASSPHRASE"},
                                   with_passphrase("correct horse"));
    EXPECT_EQ(result.at("items").at(0).at("secretsToEnter").as_array().size(), 0u);
    EXPECT_EQ(there.json({"connection", "show", "partner"}).at("secretsSet"), json::parse(R"(["password"])"));
    EXPECT_EQ(there.json({"secret", "check"}).at("secrets"), 1);

    EXPECT_EQ(here({"connection", "export", "partner", "--with-secrets"}).status, 2);
    EXPECT_EQ(here({"connection", "export", "partner", "--with-secrets", "--passphrase-env", "THE_PASSPHRASE"},
                   with_passphrase(""))
                  .status,
              2);
}

TEST_P(Bundles, bring_a_password_that_works) {
    ScriptedFtp server;
    here.ok({"connection", "create", "real", "--host", "127.0.0.1", "--port", std::to_string(server.port()), "--username",
             "u", "--password-stdin"},
            given(kSecret));
    const auto file = exported({"real", "--with-secrets", "--passphrase-env", "THE_PASSPHRASE"}, with_passphrase("p"));
    there.ok({"connection", "import", file, "--passphrase-env", "THE_PASSPHRASE"}, with_passphrase("p"));
    there({"connection", "test", "real"});
    EXPECT_THAT(server.commands(), ::testing::Contains(std::string("PASS ") + kSecret));
}

TEST_P(Bundles, fail_for_an_unknown_name_and_leave_no_file) {
    const auto file = (here.folder() / "none.zip").string();
    const auto result = here({"connection", "export", "partner", "partnr", "--output", file});
    EXPECT_EQ(result.status, 3);
    EXPECT_THAT(result.errors, HasSubstr("'partner'"));
    EXPECT_FALSE(fs::exists(file));
    EXPECT_EQ(here({"connection", "export"}).status, 2);
    EXPECT_EQ(here({"connection", "export", "partner", "--output", "/no/such/folder/x.zip"}).status, 2);
}

TEST_P(Bundles, that_are_damaged_are_refused_and_nothing_is_written) {
    const auto good = read_file(exported({"--all"}));
    const auto file = (there.folder() / "bad.zip").string();
    for (const auto& bad : {good.substr(0, good.size() / 2), std::string("PK\x03\x04 nonsense"), std::string("hello"),
                            std::string()}) {
        write_file(file, bad);
        EXPECT_EQ(there({"connection", "import", file}).status, 2);
    }
    write_file(file, bundle::write_archive({{"fairlead.json", R"({"format":"fairlead-bundle","version":99})"}}));
    const auto newer = there({"connection", "import", file});
    EXPECT_EQ(newer.status, 2);
    EXPECT_THAT(newer.errors, HasSubstr("version 99; this Fairlead reads up to 1"));
    fs::resize_file(file, 101 * 1024 * 1024);
    EXPECT_THAT(there({"connection", "import", file}).errors, HasSubstr("larger than 100 MB"));
    EXPECT_EQ(there({"connection", "import", "/no/such/file"}).status, 3);
    EXPECT_EQ(there.json({"connection", "list"}).as_array().size(), 0u);
}

TEST(Importing, an_rclone_configuration_made_by_rclone_brings_its_passwords) {
    const Cli fairlead;
    const auto file = (fairlead.folder() / "rclone.conf").string();
    ProcessOptions rclone;
    rclone.environment["RCLONE_CONFIG"] = file;
    ScriptedFtp server;
    const auto made = run_process({"rclone", "config", "create", "partner", "ftp", "host", "127.0.0.1", "port",
                                   std::to_string(server.port()), "user", "alice", "pass", kSecret, "--obscure"},
                                  rclone);
    ASSERT_EQ(made.status, 0) << made.errors;
    ASSERT_THAT(read_file(file), Not(HasSubstr(kSecret)));
    const auto result = fairlead.json({"connection", "import", file});
    EXPECT_EQ(result.at("format"), "rclone");
    fairlead({"connection", "test", "partner"});
    EXPECT_THAT(server.commands(), ::testing::Contains(std::string("PASS ") + kSecret));
}

TEST(Importing, FileZilla_and_OpenSSH_files_is_recognised_and_all_or_nothing) {
    const Cli fairlead;
    const auto sites = (fairlead.folder() / "sites.xml").string(), ssh = (fairlead.folder() / "config").string();
    write_file(sites,
               "<FileZilla3><Servers><Server><Host>h</Host><Protocol>1</Protocol><User>u</User><Pass "
               "encoding=\"base64\">cHc=</Pass><Logontype>1</Logontype><Name>site</Name></Server></Servers></FileZilla3>");
    EXPECT_EQ(fairlead.json({"connection", "import", sites}).at("format"), "filezilla");
    EXPECT_EQ(fairlead.json({"connection", "show", "site"}).at("protocol"), "sftp");

    ASSERT_EQ(run_process({"ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", (fairlead.folder() / "id").string()}).status, 0);
    write_file(fairlead.folder() / "more", "Host inner\n User x\n");
    write_file(ssh, "Include more\nHost box\n HostName box.example.com\n User alice\n ProxyJump bastion\n IdentityFile " +
                        (fairlead.folder() / "id").string() + "\nHost *\n IdentityFile /no/such/key\n");
    const auto result = fairlead.json({"connection", "import", ssh});
    EXPECT_EQ(result.at("format"), "openssh");
    ASSERT_EQ(result.at("items").as_array().size(), 2u);
    EXPECT_EQ(result.at("items").at(0).at("secretsToEnter"), json::parse(R"(["sftp.privateKey"])"));
    EXPECT_EQ(fairlead.json({"connection", "show", "box"}).at("secretsSet"), json::parse(R"(["sftp.privateKey"])"));
    EXPECT_THAT(json::serialize(result), HasSubstr("ProxyJump"));

    write_file(ssh, "Host good\n User u\nHost bad\n User u\n Port 70000\n");
    const auto wrong = fairlead({"connection", "import", ssh});
    EXPECT_EQ(wrong.status, 2);
    EXPECT_THAT(wrong.errors, HasSubstr("bad: port '70000'"));
    EXPECT_EQ(fairlead({"connection", "show", "good"}).status, 3);
    EXPECT_EQ(fairlead({"connection", "import", ssh, "--format", "rclone"}).status, 2);
}

}  // namespace
}  // namespace fairlead::test

// Packages over HTTP: out of one daemon, into another.

#include <gtest/gtest.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <string>

#include "base/base64.hpp"
#include "support/daemon.hpp"

namespace fairlead::test {
namespace {

namespace json = boost::json;

constexpr std::string_view kConnections = "/v1/projects/default/connections";

std::string below(std::string_view what) {
    return std::string(kConnections) + std::string(what);
}

class RestBundle : public testing::Test {
  protected:
    RestBundle() {
        const auto made = here_(
            "POST", kConnections,
            R"({"name":"partner","protocol":"sftp","host":"sftp.example.com","username":"u","password":"very secret"})");
        EXPECT_EQ(made.status, 201) << made.body;
    }

    Cli cli_, other_cli_;
    Daemon here_{cli_}, there_{other_cli_};
};

TEST_F(RestBundle, a_package_without_passphrase_leaves_secrets_to_be_entered) {
    const auto package = here_("POST", below("/partner/export"));
    ASSERT_EQ(package.status, 200) << package.body;
    EXPECT_EQ(package.headers.at("content-type"), "application/zip");
    EXPECT_NE(package.headers.at("content-disposition").find("export.zip"), std::string::npos);
    EXPECT_EQ(package.body.find("very secret"), std::string::npos);
    const auto lines = "Authorization: Bearer " + there_.token() + "\r\nContent-Type: application/zip\r\n";
    const auto import = [&](const std::string& query) {
        return http_request(there_.port(), "POST", below("/import" + query), lines, package.body);
    };
    const auto trial = import("?dryRun=true");
    ASSERT_EQ(trial.status, 200) << trial.body;
    EXPECT_EQ(trial.json().at("dryRun"), true);
    EXPECT_EQ(there_("GET", below("/partner")).status, 404);
    const auto done = import("");
    ASSERT_EQ(done.status, 200) << done.body;
    EXPECT_EQ(done.json().at("items").at(0).at("action"), "create");
    EXPECT_EQ(there_("GET", below("/partner")).json().at("host"), "sftp.example.com");
    const auto again = import("");
    EXPECT_EQ(again.status, 409);
    EXPECT_EQ(again.json().at("code"), "already_exists");
    EXPECT_EQ(import("?onConflict=rename").status, 200);
    EXPECT_EQ(import("?onConflict=maybe").status, 400);
    EXPECT_EQ(import("?onConflct=rename").status, 400);
    EXPECT_EQ(there_("GET", kConnections).json().at("items").as_array().size(), 2U);
}

TEST_F(RestBundle, secrets_leave_only_encrypted_and_only_for_administrators) {
    const auto body = std::string(R"({"names":["partner"],"passphrase":"correct horse"})");
    const auto package = here_("POST", below("/export"), body);
    ASSERT_EQ(package.status, 200) << package.body;
    EXPECT_EQ(package.body.find("very secret"), std::string::npos);
    EXPECT_EQ(package.body.find("sftp.example.com"), std::string::npos);
    const auto made = cli_.json({"token", "create", "worker", "--role", "operator"});
    const auto worker = "Authorization: Bearer " + std::string(made.at("token").as_string()) +
                        "\r\nContent-Type: application/json\r\n";
    EXPECT_EQ(http_request(here_.port(), "POST", below("/export"), worker, body).status, 403);
    EXPECT_EQ(http_request(here_.port(), "POST", below("/export"), worker, "{}").status, 200);

    json::object document{{"content", to_base64(package.body)}, {"passphrase", "wrong"}};
    EXPECT_EQ(there_("POST", below("/import"), json::serialize(document)).status, 400);
    document["passphrase"] = "correct horse";
    const auto done = there_("POST", below("/import"), json::serialize(document));
    ASSERT_EQ(done.status, 200) << done.body;
    const auto shown = there_("GET", below("/partner")).json();
    EXPECT_EQ(shown.at("secretsSet").at(0), "password");
    EXPECT_EQ(there_("GET", "/v1/audit?name=partner").json().at("items").at(0).at("by"), "admin");
}

TEST_F(RestBundle, one_answer_names_what_is_wrong) {
    EXPECT_EQ(here_("POST", below("/nobody/export")).status, 404);
    EXPECT_EQ(here_("POST", below("/export"), R"({"names":["nobody"]})").status, 404);
    const auto wrong = here_("POST", below("/export"), R"({"names":"partner","scope":"all","pass":"x"})");
    EXPECT_EQ(wrong.status, 400);
    EXPECT_EQ(wrong.json().at("faults").as_array().size(), 3U) << wrong.body;
    EXPECT_EQ(here_("POST", below("/import"), R"({"content":"***"})").status, 400);
    EXPECT_EQ(here_("POST", below("/import"), "not JSON").status, 400);
    EXPECT_EQ(here_("POST", below("/import")).status, 400);
}

TEST_F(RestBundle, a_token_for_one_project_imports_into_no_other) {
    const auto everything = here_("POST", below("/export"), R"({"scope":"everything"})");
    ASSERT_EQ(everything.status, 200) << everything.body;
    const auto made = other_cli_.json(
        {"token", "create", "elsewhere", "--role", "operator", "--for-project", "elsewhere"});
    const auto header = "Authorization: Bearer " + std::string(made.at("token").as_string()) +
                        "\r\nContent-Type: application/zip\r\n";
    EXPECT_EQ(there_("POST", "/v1/projects", R"({"name":"elsewhere"})").status, 201);
    const auto refused = http_request(there_.port(), "POST", "/v1/projects/elsewhere/connections/import",
                                      header, everything.body);
    EXPECT_EQ(refused.status, 403) << refused.body;
    EXPECT_EQ(there_("GET", below("/partner")).status, 404);
}

TEST_F(RestBundle, every_kind_of_thing_travels_with_what_it_uses) {
    const std::string from = "/v1/projects/default/";
    ASSERT_EQ(here_("POST", from + "monitors", R"({"name":"inbox","connection":"partner","onDemand":true})").status, 201);
    ASSERT_EQ(here_("POST", from + "flows",
                    R"({"name":"deliver","source":{"connection":"partner"},"targets":[{"path":"/tmp/arrived/"}],
                        "triggers":{"monitor":"inbox"}})")
                  .status,
              201);
    ASSERT_EQ(here_("POST", from + "operations", R"({"name":"fetch","action":"query","connection":"partner"})").status, 201);
    EXPECT_EQ(here_("POST", from + "flows/nothing/export", "{}").status, 404);
    for (const auto* nouns : {"operations/fetch", "monitors/inbox", "flows/deliver"}) {
        const auto package = here_("POST", from + nouns + "/export", "{}");
        ASSERT_EQ(package.status, 200) << package.body;
        const std::string place = from + std::string(nouns).substr(0, std::string(nouns).find('/'));
        const auto lines = "Authorization: Bearer " + there_.token() + "\r\nContent-Type: application/zip\r\n";
        const auto report = http_request(there_.port(), "POST", place + "/import?onConflict=overwrite", lines, package.body);
        EXPECT_EQ(report.status, 200) << report.body;
        EXPECT_EQ(there_("GET", from + nouns).status, 200) << nouns;
    }
    EXPECT_EQ(there_("GET", from + "flows/deliver").json().at("triggers").at("monitor"), "inbox");
    EXPECT_EQ(there_("GET", from + "connections/partner").status, 200);
}

}  // namespace
}  // namespace fairlead::test

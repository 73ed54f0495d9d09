// Secrets that say where on the daemon's machine they are kept: administrators write them, others only use them.
// Otherwise whoever may define a connection could have any file of the machine sent to a server of his own.

#include <gtest/gtest.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <string>
#include <vector>

#include "support/daemon.hpp"

namespace fairlead::test {
namespace {

namespace json = boost::json;

constexpr std::string_view kProject = "/v1/projects/default";

class RestLocalNames : public testing::Test {
  protected:
    RestLocalNames() {
        planted_ = (cli_.folder() / "planted").string();
        write_file(planted_, "what only the machine knows\n");
        reference_ = "file:" + planted_;
        operator_ = token_of("operator", "worker", {});
    }

    std::string token_of(const std::string& role, const std::string& name, std::vector<std::string> more) {
        std::vector<std::string> arguments{"token", "create", name, "--role", role};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return std::string(cli_.json(arguments).at("token").as_string());
    }
    RawAnswer as(const std::string& token, std::string_view method, const std::string& target, const json::value& body,
                 const std::string& headers = "") {
        return http_request(daemon_.port(), method, target,
                            "Authorization: Bearer " + token + "\r\nContent-Type: application/json\r\n" + headers,
                            json::serialize(body));
    }
    RawAnswer by_operator(std::string_view method, const std::string& below, const json::value& body,
                          const std::string& headers = "") {
        return as(operator_, method, std::string(kProject) + below, body, headers);
    }
    RawAnswer by_admin(std::string_view method, const std::string& below, const json::value& body,
                       const std::string& headers = "") {
        return as(daemon_.token(), method, std::string(kProject) + below, body, headers);
    }
    std::string if_match(const std::string& below) {
        return "If-Match: " + daemon_("GET", std::string(kProject) + below).headers.at("etag") + "\r\n";
    }
    /// Refused, with the field named, and nothing of what is in the file.
    void expect_refused(const RawAnswer& answer, std::string_view field) {
        ASSERT_EQ(answer.status, 403) << field << ' ' << answer.body;
        EXPECT_EQ(answer.json().at("code"), "egress_denied");
        EXPECT_EQ(answer.body.find("only the machine"), std::string::npos);
        std::vector<std::string> named;
        const auto problem = answer.json();
        for (const auto& fault : problem.at("faults").as_array())
            named.emplace_back(fault.at("field").as_string());
        EXPECT_EQ(named, std::vector<std::string>{std::string(field)}) << answer.body;
    }
    json::object plain(const std::string& name) {
        return {{"name", name}, {"protocol", "sftp"}, {"host", "127.0.0.1"}, {"port", 1},
                {"username", "u"}, {"password", "p"}};
    }

    Cli cli_;
    Daemon daemon_{cli_};
    std::string planted_, reference_, operator_;
};

/// A connection's document with one field of this text, which may stand in one of its parts.
json::object with(json::object document, std::string_view field, const std::string& text) {
    const auto dot = field.find('.');
    if (dot == std::string_view::npos)
        document[field] = text;
    else
        document[field.substr(0, dot)] = {{field.substr(dot + 1), text}};
    return document;
}

TEST_F(RestLocalNames, every_field_of_a_connection_and_every_way_to_write_it) {
    ASSERT_EQ(by_operator("POST", "/connections", plain("own")).status, 201);
    for (const std::string field : {"password", "proxyPassword", "sftp.privateKey", "sftp.passphrase"})
        for (const std::string& text : {reference_, std::string("env:HOME"), std::string("command:cat /etc/hostname")}) {
            expect_refused(by_operator("POST", "/connections", with(plain("new"), field, text)), field);
            expect_refused(by_operator("PUT", "/connections/new", with(plain("new"), field, text)), field);
            expect_refused(by_operator("PUT", "/connections/own", with(plain("own"), field, text), if_match("/connections/own")),
                           field);
            expect_refused(by_operator("PATCH", "/connections/own", with({}, field, text), if_match("/connections/own")), field);
            expect_refused(by_operator("PATCH", "/connections/own", with({{"name", "renamed"}}, field, text),
                                       if_match("/connections/own")),
                           field);
            expect_refused(by_operator("POST", "/connections/own/test", with({}, field, text)), field);
            expect_refused(by_operator("POST", "/connections/test", with(plain("new"), field, text)), field);
            auto session = with(plain("new"), field, text);
            session.erase("name");
            expect_refused(as(operator_, "POST", "/v1/sessions", session), field);
        }
    const std::string hosts = "sftp.knownHosts";
    expect_refused(by_operator("POST", "/connections", with(plain("new"), hosts, "/dev/zero")), hosts);
    expect_refused(by_operator("PATCH", "/connections/own", with({}, hosts, "/dev/zero"), if_match("/connections/own")), hosts);
    expect_refused(by_operator("POST", "/connections/test", with(plain("new"), hosts, "/dev/zero")), hosts);
    EXPECT_EQ(daemon_("GET", "/v1/projects/default/connections").json().at("items").as_array().size(), 1U);
    EXPECT_EQ(daemon_("GET", "/v1/projects/default/connections/own").json().at("revision"), 1);
    // A secret that only looks like it is one like any other.
    EXPECT_EQ(by_operator("PATCH", "/connections/own", {{"password", "literal:" + reference_}}, if_match("/connections/own"))
                  .status,
              200);
}

TEST_F(RestLocalNames, variables_webhooks_and_packages_are_no_way_around_it) {
    const json::object secret{{"value", reference_}, {"secret", true}};
    expect_refused(by_operator("POST", "/variables", {{"name", "v"}, {"value", reference_}, {"secret", true}}), "value");
    expect_refused(by_operator("PUT", "/variables/v", secret), "value");
    expect_refused(by_operator("PUT", "/variables/v", {{"environments", {{"test", secret}}}}), "environments.test");
    // A text that became a secret later.
    ASSERT_EQ(by_operator("POST", "/variables", {{"name", "w"}, {"value", reference_}}).status, 201);
    expect_refused(by_operator("PUT", "/variables/w", secret, if_match("/variables/w")), "value");

    ASSERT_EQ(by_operator("POST", "/connections", plain("own")).status, 201);
    expect_refused(by_operator("POST", "/monitors",
                               {{"name", "m"},
                                {"connection", "own"},
                                {"path", "/"},
                                {"webhookUrl", "http://127.0.0.1:1/"},
                                {"webhookSecret", reference_}}),
                   "webhookSecret");

    ASSERT_EQ(by_admin("POST", "/connections", with(plain("kept"), "password", reference_)).status, 201);
    const auto package = daemon_("POST", "/v1/projects/default/connections/kept/export");
    ASSERT_EQ(package.status, 200);
    const auto headers = "Authorization: Bearer " + operator_ + "\r\nContent-Type: application/zip\r\n";
    const auto import = [&](const std::string& query) {
        return http_request(daemon_.port(), "POST", "/v1/projects/default/connections/import" + query, headers, package.body);
    };
    expect_refused(import("?onConflict=rename"), "password");
    EXPECT_EQ(import("?onConflict=overwrite").status, 200) << "it is what is there already";
    expect_refused(by_operator("POST", "/connections/kept/duplicate", {{"name", "copy"}}), "password");
}

TEST_F(RestLocalNames, what_an_administrator_wrote_is_used_and_kept_by_others) {
    ASSERT_EQ(by_admin("POST", "/connections", with(plain("kept"), "password", reference_)).status, 201);
    ASSERT_EQ(by_operator("PATCH", "/connections/kept", {{"description", "ours"}}, if_match("/connections/kept")).status, 200);
    const auto shown = daemon_("GET", "/v1/projects/default/connections/kept");
    EXPECT_EQ(shown.json().at("password").as_string(), reference_);
    const auto back = by_operator("PUT", "/connections/kept", shown.json(), if_match("/connections/kept"));
    EXPECT_EQ(back.status, 200) << back.body;
    EXPECT_EQ(by_operator("POST", "/connections/kept/test", json::object()).status, 200);
    expect_refused(by_operator("PATCH", "/connections/kept", {{"password", "env:HOME"}}, if_match("/connections/kept")),
                   "password");

    const auto limited = token_of("admin", "limited", {"--for-project", "default"});
    expect_refused(as(limited, "POST", "/v1/projects/default/connections", with(plain("new"), "password", reference_)),
                   "password");
    EXPECT_EQ(by_admin("POST", "/connections/test", with(plain("new"), "password", reference_)).status, 200);
}

}  // namespace
}  // namespace fairlead::test

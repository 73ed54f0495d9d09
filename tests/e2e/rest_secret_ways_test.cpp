// Stored secrets go where they were entered for: whoever may change a connection, but is no administrator, cannot have them
// sent to a server of his own.

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <string>
#include <vector>

#include "support/daemon.hpp"

namespace fairlead::test {
namespace {

namespace json = boost::json;

class RestSecretWays : public testing::Test {
  protected:
    RestSecretWays() { operator_ = std::string(cli_.json({"token", "create", "worker", "--role", "operator"}).at("token").as_string()); }

    RawAnswer as(const std::string& token, std::string_view method, const std::string& below, const json::value& body) {
        const auto target = "/v1/projects/" + below;
        auto headers = "Authorization: Bearer " + token + "\r\nContent-Type: application/json\r\n";
        if (method == "PATCH" || target.ends_with("/rollback") || target.ends_with("/move")) headers += "If-Match: *\r\n";
        return http_request(daemon_.port(), method, target, headers, json::serialize(body));
    }
    RawAnswer by_operator(std::string_view method, const std::string& below, const json::value& body) {
        return as(operator_, method, below, body);
    }
    RawAnswer by_admin(std::string_view method, const std::string& below, const json::value& body) {
        return as(daemon_.token(), method, below, body);
    }
    void expect_refused(const RawAnswer& answer, std::string_view field) {
        ASSERT_EQ(answer.status, 403) << answer.body;
        const auto problem = answer.json();
        EXPECT_EQ(problem.at("code"), "egress_denied");
        ASSERT_EQ(problem.at("faults").as_array().size(), 1U) << answer.body;
        EXPECT_EQ(problem.at("faults").at(0).at("field").as_string(), field) << answer.body;
    }
    static json::object connection(const std::string& host) {
        return {{"name", "c"}, {"protocol", "ftps"}, {"host", host}, {"username", "u"}, {"password", "planted"}};
    }

    Cli cli_;
    Daemon daemon_{cli_};
    std::string operator_;
    const std::string one_ = "default/connections/c";
};

TEST_F(RestSecretWays, every_field_that_leads_elsewhere_needs_the_secret_again) {
    ASSERT_EQ(by_admin("POST", "default/connections", connection("a.example.com")).status, 201);
    const std::vector<json::object> changes{{{"host", "b.example.com"}},
                                            {{"port", 2121}},
                                            {{"protocol", "ftp"}},
                                            {{"proxy", "http://b.example.com:3128"}},
                                            {{"tls", {{"verify", false}}}},
                                            {{"tls", {{"mode", "implicit"}}}}};
    for (const auto& change : changes) {
        expect_refused(by_operator("PATCH", one_, change), "password");
        auto renamed = change;
        renamed["name"] = "d";
        expect_refused(by_operator("PATCH", one_, renamed), "password");
    }
    EXPECT_EQ(daemon_("GET", "/v1/projects/" + one_).json().at("revision"), 1);
    // What leads nowhere else, and whoever knows the secret.
    EXPECT_EQ(by_operator("PATCH", one_, {{"description", "x"}, {"workingDirectory", "/in"}}).status, 200);
    EXPECT_EQ(by_operator("PATCH", one_, {{"host", "b.example.com"}, {"password", "planted"}}).status, 200);
    EXPECT_EQ(by_operator("PATCH", one_, {{"host", "c.example.com"}, {"password", ""}}).status, 200);
    EXPECT_EQ(by_operator("PATCH", one_, {{"host", "d.example.com"}}).status, 200) << "there is no secret any more";
    EXPECT_EQ(by_admin("PATCH", one_, {{"password", "planted"}}).status, 200);
    EXPECT_EQ(by_admin("PATCH", one_, {{"host", "e.example.com"}}).status, 200);
}

TEST_F(RestSecretWays, going_back_testing_and_copies_are_no_way_around_it) {
    ASSERT_EQ(by_operator("POST", "default/connections", connection("a.example.com")).status, 201);
    auto next = connection("b.example.com");
    next.erase("name");
    ASSERT_EQ(by_admin("PATCH", one_, next).status, 200);
    expect_refused(by_operator("POST", one_ + "/rollback", {{"revision", 1}}), "password");
    const auto tested = by_operator("POST", one_ + "/test", {{"port", 2121}});
    EXPECT_EQ(tested.status, 400) << tested.body;
    ASSERT_EQ(by_operator("POST", one_ + "/duplicate", {{"name", "copy"}}).status, 201);
    expect_refused(by_operator("PATCH", "default/connections/copy", {{"host", "c.example.com"}}), "password");
}

TEST_F(RestSecretWays, variables_that_say_where_it_leads_belong_to_administrators) {
    ASSERT_EQ(by_admin("POST", "global/variables", {{"name", "deep"}, {"value", "a.example.com"}}).status, 201);
    ASSERT_EQ(by_admin("POST", "global/variables", {{"name", "host"}, {"value", "${deep}"}}).status, 201);
    ASSERT_EQ(by_admin("POST", "global/variables", {{"name", "folder"}, {"value", "/in"}}).status, 201);
    auto one = connection("${host}");
    one["workingDirectory"] = "${folder}";
    ASSERT_EQ(by_operator("POST", "default/connections", one).status, 201);
    for (const std::string name : {"deep", "host"}) {
        expect_refused(by_operator("PATCH", "global/variables/" + name, {{"value", "b.example.com"}}), "value");
        expect_refused(by_operator("PATCH", "global/variables/" + name, {{"environments", {{"production", "b.example.com"}}}}), "value");
        EXPECT_EQ(by_operator("PATCH", "global/variables/" + name, {{"description", "x"}}).status, 200);
    }
    for (const auto* name : {"deep", "host"})
        expect_refused(by_operator("POST", "default/variables", {{"name", name}, {"value", "b.example.com"}}), "value");
    EXPECT_EQ(by_operator("PATCH", "global/variables/folder", {{"value", "/out"}}).status, 200);
    expect_refused(by_operator("POST", one_ + "/move", {{"to", "other"}}), "password");
    EXPECT_EQ(by_admin("PATCH", "global/variables/host", {{"value", "b.example.com"}}).status, 200);
}

}  // namespace
}  // namespace fairlead::test

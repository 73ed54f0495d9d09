// What can be done with every kind of thing over HTTP, whatever it is.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "support/daemon.hpp"

namespace fairlead::test {
namespace {

namespace json = boost::json;
using ::testing::HasSubstr;

/// One kind of thing: how it is made, a change, and by what a list is filtered.
struct Sample {
    const char* nouns;
    const char* fields;  ///< without the name, comma first
    const char* member;
    const char* change;
    const char* filter;
};
void PrintTo(const Sample& sample, std::ostream* out) {
    *out << sample.nouns;
}

class RestNouns : public testing::TestWithParam<Sample> {
  protected:
    RestNouns() {
        made("/default/connections", R"({"name":"used","host":"h.example.com"})");
        made("", R"({"name":"shop"})");
    }
    void made(const std::string& target, const std::string& body) {
        const auto answer = daemon_("POST", "/v1/projects" + target, body);
        ASSERT_EQ(answer.status, 201) << answer.body;
    }
    std::string all(const std::string& project = "default") const {
        return "/v1/projects/" + project + "/" + GetParam().nouns;
    }
    std::string one(const std::string& name) const { return all() + "/" + name; }
    RawAnswer create(const std::string& name) {
        return daemon_("POST", all(), R"({"name":")" + name + "\"" + GetParam().fields + "}");
    }
    RawAnswer with_any(std::string_view method, const std::string& target, const std::string& body = {}) {
        return daemon_(method, target, body, "If-Match: *\r\n");
    }
    std::string names(const std::string& query) {
        std::string names;
        const auto page = daemon_("GET", all() + query).json();
        for (const auto& item : page.at("items").as_array())
            names += std::string(item.at("name").as_string()) + " ";
        return names;
    }

    Cli cli_;
    Daemon daemon_{cli_};
};

TEST_P(RestNouns, are_made_listed_shown_changed_and_deleted) {
    for (const auto* name : {"bravo", "alpha", "charlie"}) {
        const auto answer = create(name);
        ASSERT_EQ(answer.status, 201) << answer.body;
        EXPECT_EQ(answer.headers.at("location"), one(name));
    }
    EXPECT_EQ(create("ALPHA").status, 409);
    const std::string only = std::string("text=a&own=true") + GetParam().filter;
    EXPECT_EQ(names("?sort=-name&" + only), "charlie bravo alpha ");
    EXPECT_EQ(names("?limit=1&" + only), "alpha ");
    EXPECT_EQ(daemon_("GET", all() + "?limt=1").status, 400);
    const auto shown = daemon_("GET", one("alpha"));
    EXPECT_EQ(daemon_("GET", one("alpha"), {}, "If-None-Match: " + shown.headers.at("etag") + "\r\n").status, 304);
    const std::string change = GetParam().change;
    EXPECT_EQ(daemon_("PATCH", one("alpha"), change).status, 428);
    const auto changed = daemon_("PATCH", one("alpha"), change, "If-Match: " + shown.headers.at("etag") + "\r\n");
    ASSERT_EQ(changed.status, 200) << changed.body;
    EXPECT_NE(changed.json().at(GetParam().member), shown.json().at(GetParam().member));
    EXPECT_NE(changed.headers.at("etag"), shown.headers.at("etag"));
    EXPECT_EQ(daemon_("PATCH", one("alpha"), change, "If-Match: " + shown.headers.at("etag") + "\r\n").status, 412);
    // As it is shown, it may be sent back; and a replacement that is not there yet is made.
    auto document = changed.json().as_object();
    EXPECT_EQ(with_any("PUT", one("alpha"), json::serialize(document)).status, 200);
    document["name"] = "delta";
    EXPECT_EQ(daemon_("PUT", one("delta"), json::serialize(document)).status, 201);
    EXPECT_EQ(daemon_("PUT", one("delta"), json::serialize(document), "If-None-Match: *\r\n").status, 412);
    EXPECT_EQ(with_any("DELETE", one("delta")).status, 204);
    EXPECT_EQ(daemon_("GET", one("delta")).status, 404);
    const auto past = daemon_("GET", one("alpha") + "/history").json().at("items").as_array();
    ASSERT_GE(past.size(), 2u);
    EXPECT_EQ(past.back().at("change"), "create");
}

TEST_P(RestNouns, are_copied_moved_rolled_back_named_anew_and_switched_off) {
    ASSERT_EQ(create("first").status, 201);
    const auto at_first = daemon_("GET", one("first")).json();
    ASSERT_EQ(with_any("PATCH", one("first"), GetParam().change).status, 200);
    const auto back = with_any("POST", one("first") + "/rollback", R"({"revision":1})");
    ASSERT_EQ(back.status, 200) << back.body;
    EXPECT_EQ(back.json().at(GetParam().member), at_first.at(GetParam().member));
    EXPECT_EQ(with_any("POST", one("first") + "/rollback", R"({"revision":77})").status, 404);
    EXPECT_EQ(daemon_("POST", one("first") + "/rollback", R"({"revision":1})").status, 428);
    const auto copy = daemon_("POST", one("first") + "/duplicate", R"({"name":"second"})");
    ASSERT_EQ(copy.status, 201) << copy.body;
    EXPECT_EQ(copy.headers.at("location"), one("second"));
    EXPECT_EQ(daemon_("POST", one("first") + "/duplicate", R"({"name":"SECOND"})").status, 409);
    EXPECT_EQ(daemon_("GET", one("second") + "/used").json().at("items").as_array().size(), 0u);
    const auto moved = with_any("POST", one("second") + "/move", R"({"to":"shop"})");
    ASSERT_EQ(moved.status, 200) << moved.body;
    EXPECT_EQ(daemon_("GET", one("second")).status, 404);
    EXPECT_EQ(daemon_("GET", all("shop") + "/second").status, 200);
    if (std::string_view(GetParam().nouns) == "variables") return;  // others name it in their texts, and it is always on
    const auto renamed = with_any("POST", one("first") + "/rename", R"({"name":"third"})");
    ASSERT_EQ(renamed.status, 200) << renamed.body;
    EXPECT_EQ(daemon_("GET", one("first")).status, 404);
    EXPECT_EQ(with_any("POST", one("third") + "/disable").json().at("enabled"), false);
    EXPECT_EQ(names("?enabled=false"), "third ");
    EXPECT_EQ(with_any("POST", one("third") + "/enable").json().at("enabled"), true);
}

TEST_P(RestNouns, are_not_deleted_while_something_uses_them) {
    const std::string nouns = GetParam().nouns;
    if (nouns == "operations") return;  // nothing can use one
    ASSERT_EQ(create("needed").status, 201);
    if (nouns == "connections") made("/default/operations", R"({"name":"user","action":"get","connection":"needed"})");
    if (nouns == "variables") made("/default/connections", R"({"name":"user","host":"${needed}"})");
    const std::string flow = R"({"name":"user","source":{"connection":"used"},"targets":[{"path":"/tmp/x/"}],"triggers":)";
    if (nouns == "flows") made("/default/flows", flow + R"({"after":["needed"]}})");
    if (nouns == "monitors") made("/default/flows", flow + R"({"monitor":"needed"}})");
    const auto users = daemon_("GET", one("needed") + "/used").json().at("items").as_array();
    ASSERT_EQ(users.size(), 1u);
    EXPECT_EQ(users.at(0).at("name"), "user");
    const auto refused = with_any("DELETE", one("needed"));
    EXPECT_EQ(refused.status, 409);
    EXPECT_THAT(refused.body, HasSubstr("'user'"));
    EXPECT_EQ(with_any("DELETE", one("needed") + "?force=true").status, 204);
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, RestNouns,
    testing::Values(Sample{"connections", R"(,"host":"h.example.com","protocol":"ftps")", "host",
                           R"({"host":"other.example.com"})", "&protocol=ftps"},
                    Sample{"operations", R"(,"action":"query","connection":"used")", "maximumCount",
                           R"({"maximumCount":7})", "&connection=Used&action=query"},
                    Sample{"monitors", R"(,"connection":"used","onDemand":true)", "settleLooks", R"({"settleLooks":3})",
                           "&connection=used"},
                    Sample{"flows", R"(,"source":{"connection":"used"},"targets":[{"path":"/tmp/arrived/"}])",
                           "description", R"({"description":"x"})", ""},
                    Sample{"variables", R"(,"value":"v")", "value", R"({"value":"w"})", ""}),
    [](const testing::TestParamInfo<Sample>& sample) { return std::string(sample.param.nouns); });

}  // namespace
}  // namespace fairlead::test

// The daemon as programs use it: tokens, connections, preconditions, pages, and that every route answers as
// the description says.

#include <gtest/gtest.h>

#include <signal.h>
#include <sys/stat.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <cctype>
#include <set>

#include "support/daemon.hpp"
#include "support/server.hpp"

namespace fairlead::test {
namespace {

namespace json = boost::json;

constexpr std::string_view kConnections = "/v1/projects/default/connections";

class Rest : public testing::Test {
  protected:
    std::string etag(const std::string& name) {
        return daemon_("GET", std::string(kConnections) + "/" + name).headers.at("etag");
    }
    RawAnswer create(const std::string& name) {
        return daemon_(
            "POST", kConnections,
            R"({"name":")" + name +
                R"(","protocol":"sftp","host":"sftp.example.com","username":"u","password":"very secret"})");
    }

    Cli cli_;
    Daemon daemon_{cli_};
};

TEST_F(Rest, first_start_writes_a_private_token_for_the_administrator) {
    struct stat facts {};
    ASSERT_EQ(::stat((cli_.data() / "admin-token").c_str(), &facts), 0);
    EXPECT_EQ(facts.st_mode & 0777, 0600U);
    EXPECT_EQ(daemon_("GET", "/v1/tokens").status, 200);
    EXPECT_EQ(daemon_.log().find(daemon_.token()), std::string::npos);
    EXPECT_EQ(daemon_.stop(), 0);
    const auto before = daemon_.token();
    Daemon again(cli_);
    EXPECT_EQ(again.token(), before);
    EXPECT_EQ(again("GET", "/v1/tokens").json().at("items").as_array().size(), 1U);
}

TEST_F(Rest, a_connection_lives_from_POST_to_DELETE_and_its_secret_never_comes_back) {
    const auto created = create("partner one");
    ASSERT_EQ(created.status, 201) << created.body;
    EXPECT_EQ(created.headers.at("location"), "/v1/projects/default/connections/partner%20one");
    EXPECT_EQ(created.json().at("secretsSet").as_array().at(0), "password");
    const auto shown = daemon_("GET", created.headers.at("location"));
    EXPECT_EQ(shown.headers.at("etag"), created.headers.at("etag"));
    EXPECT_EQ(created.body.find("very secret") + shown.body.find("very secret"), 2 * std::string::npos);
    const auto known = daemon_("GET", created.headers.at("location"), {},
                               "If-None-Match: " + shown.headers.at("etag") + "\r\n");
    EXPECT_EQ(known.status, 304);
    EXPECT_EQ(daemon_("PATCH", created.headers.at("location"), R"({"host":"other.example.com"})").status,
              428);
    const auto match = "If-Match: " + shown.headers.at("etag") + "\r\n";
    const auto changed =
        daemon_("PATCH", created.headers.at("location"), R"({"host":"other.example.com"})", match);
    ASSERT_EQ(changed.status, 200) << changed.body;
    EXPECT_EQ(changed.json().at("host"), "other.example.com");
    EXPECT_EQ(changed.json().at("username"), "u");
    EXPECT_EQ(daemon_("PATCH", created.headers.at("location"), R"({"host":"x.example.com"})", match).status,
              412);
    const auto next = "If-Match: " + changed.headers.at("etag") + "\r\n";
    const auto replaced =
        daemon_("PUT", created.headers.at("location"), R"({"protocol":"ftp","host":"h.example.com"})", next);
    ASSERT_EQ(replaced.status, 200) << replaced.body;
    EXPECT_EQ(replaced.json().at("name"), "partner one");
    EXPECT_EQ(replaced.json().at("protocol"), "ftp");
    EXPECT_EQ(replaced.json().at("username"), "");
    EXPECT_EQ(daemon_("GET", std::string(kConnections) + "/partner%20one/history")
                  .json()
                  .at("items")
                  .as_array()
                  .size(),
              3U);
    EXPECT_EQ(daemon_("DELETE", created.headers.at("location")).status, 428);
    EXPECT_EQ(daemon_("DELETE", created.headers.at("location"), {}, "If-Match: *\r\n").status, 204);
    EXPECT_EQ(daemon_("GET", created.headers.at("location")).status, 404);
    const auto audit = daemon_("GET", "/v1/audit?kind=connection").json().at("items").as_array();
    ASSERT_EQ(audit.size(), 4U);
    EXPECT_EQ(audit[0].at("action"), "delete");
    EXPECT_EQ(audit[0].at("by"), "admin");
    EXPECT_EQ(audit[0].at("via"), "api");
}

TEST_F(Rest, PUT_creates_what_is_not_there) {
    const auto made = daemon_("PUT", std::string(kConnections) + "/new", R"({"host":"h.example.com"})");
    EXPECT_EQ(made.status, 201) << made.body;
    EXPECT_EQ(daemon_("PUT", std::string(kConnections) + "/new", R"({"host":"h2.example.com"})",
                      "If-None-Match: *\r\n")
                  .status,
              412);
    EXPECT_EQ(daemon_("PUT", std::string(kConnections) + "/other", R"({"host":"h.example.com"})",
                      "If-Match: \"x\"\r\n")
                  .status,
              412);
}

TEST_F(Rest, one_answer_names_every_field_that_is_wrong) {
    const auto answer =
        daemon_("POST", kConnections,
                R"({"name":"x","protocol":"gopher","port":70000,"hots":"a","tls":{"mode":"maybe"}})");
    EXPECT_EQ(answer.status, 400);
    EXPECT_EQ(answer.headers.at("content-type"), "application/problem+json");
    std::set<std::string> fields;
    const auto document = answer.json();
    for (const auto& fault : document.at("faults").as_array())
        fields.emplace(fault.at("field").as_string());
    for (const auto* field : {"protocol", "port", "hots", "tls.mode"})
        EXPECT_TRUE(fields.contains(field)) << field << answer.body;
    EXPECT_EQ(daemon_("POST", kConnections, "{").status, 400);
    EXPECT_EQ(daemon_("POST", kConnections, "[1]").status, 400);
    EXPECT_EQ(daemon_("POST", kConnections, R"({"host":"h"})").status, 400);
    ASSERT_EQ(create("twice").status, 201);
    const auto taken = create("TWICE");
    EXPECT_EQ(taken.status, 409);
    EXPECT_EQ(taken.json().at("code"), "already_exists");
}

TEST_F(Rest, lists_come_in_pages_sorted_and_filtered) {
    for (const auto* name : {"bravo", "alpha", "delta", "charlie", "echo"})
        ASSERT_EQ(create(name).status, 201);
    const auto names = [&](const std::string& query) {
        std::string all;
        std::string target = std::string(kConnections) + query;
        for (;;) {
            const auto page = daemon_("GET", target).json();
            for (const auto& item : page.at("items").as_array())
                all += std::string(item.at("name").as_string()) + " ";
            if (page.at("next").is_null()) return all;
            all += "| ";
            target =
                std::string(kConnections) + query + "&cursor=" + std::string(page.at("next").as_string());
        }
    };
    EXPECT_EQ(names("?limit=2"), "alpha bravo | charlie delta | echo ");
    EXPECT_EQ(names("?limit=5"), "alpha bravo charlie delta echo ");
    EXPECT_EQ(names("?sort=-name&limit=4"), "echo delta charlie bravo | alpha ");
    EXPECT_EQ(names("?text=L"), "alpha charlie delta ");
    EXPECT_EQ(names("?protocol=ftp"), "");
    EXPECT_EQ(daemon_("GET", std::string(kConnections) + "?limt=2").status, 400);
    EXPECT_EQ(daemon_("GET", std::string(kConnections) + "?limit=0").status, 400);
    EXPECT_EQ(daemon_("GET", std::string(kConnections) + "?cursor=%00nonsense").status, 400);
}

TEST_F(Rest, a_project_that_is_not_there_is_not_found_on_every_route_below_it) {
    const auto document = http_request(daemon_.port(), "GET", "/openapi.json").json().as_object();
    int routes = 0;
    for (const auto& [path, methods] : document.at("paths").as_object()) {
        std::string target(path);
        if (!target.starts_with("/v1/projects/{project}")) continue;
        for (std::size_t at = 0; (at = target.find('{')) != std::string::npos;)
            target.replace(at, target.find('}') - at + 1, "nope");
        for (const auto& [method, operation] : methods.as_object()) {
            std::string verb(method);
            for (auto& c : verb)
                c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
            const bool takes = operation.as_object().contains("requestBody");
            const auto answer = daemon_(verb, target, takes ? R"({"name":"x","value":"x"})" : "", "If-Match: *\r\n");
            EXPECT_EQ(answer.status, verb == "PATCH" && target == "/v1/projects/nope" ? 400 : 404)
                << verb << " " << target << answer.body;
            ++routes;
        }
    }
    EXPECT_GT(routes, 80);
    EXPECT_EQ(daemon_("GET", "/v1/projects/nope/connections").json().at("code"), "not_found");
    EXPECT_EQ(daemon_("POST", "/v1/projects", R"({"name":"nope"})").status, 201);
    EXPECT_EQ(daemon_("GET", "/v1/projects/NOPE/connections").status, 200);
    EXPECT_EQ(daemon_("DELETE", "/v1/projects/nope", {}, "If-Match: *\r\n").status, 204);
    EXPECT_EQ(daemon_("GET", "/v1/projects/nope/connections").status, 404);
}

TEST_F(Rest, tokens_have_roles_and_projects_and_can_be_revoked) {
    const auto made =
        cli_.json({"token", "create", "watcher", "--role", "viewer", "--for-project", "default"});
    const auto header = "Authorization: Bearer " + std::string(made.at("token").as_string()) + "\r\n";
    const auto as_watcher = [&](std::string_view method, std::string_view target) {
        return http_request(daemon_.port(), method, target, header).status;
    };
    EXPECT_EQ(as_watcher("GET", kConnections), 200);
    EXPECT_EQ(as_watcher("POST", kConnections), 403);
    EXPECT_EQ(as_watcher("GET", "/v1/projects/other/connections"), 403);
    EXPECT_EQ(as_watcher("GET", "/v1/tokens"), 403);
    const auto listed = daemon_("GET", "/v1/tokens").body;
    EXPECT_EQ(listed.find(std::string(made.at("token").as_string()).substr(45)), std::string::npos);
    const auto tag = daemon_("GET", "/v1/tokens/watcher").headers.at("etag");
    EXPECT_EQ(daemon_("POST", "/v1/tokens/watcher/revoke", {}, "If-Match: " + tag + "\r\n").status, 200);
    EXPECT_EQ(as_watcher("GET", kConnections), 401);
    const auto ended = daemon_("POST", "/v1/tokens",
                               R"({"name":"past","role":"viewer","expiresAt":"2020-01-01T00:00:00Z"})");
    EXPECT_EQ(ended.status, 400);
    EXPECT_EQ(daemon_("POST", "/v1/tokens", R"({"name":"month","role":"operator","expires":"30d"})").status,
              201);
}

TEST_F(Rest, whoever_guesses_tokens_is_made_to_wait_and_others_are_not) {
    int last = 0;
    for (int i = 0; i < 20; ++i)
        last = http_request(daemon_.port(), "GET", kConnections, "Authorization: Bearer flt_x_y\r\n").status;
    EXPECT_EQ(last, 429);
    EXPECT_EQ(daemon_("GET", kConnections).status, 200);
}

TEST_F(Rest, a_test_says_what_works_and_the_egress_rules_are_asked_at_each_dial) {
    auto& server = Server::shared("openssh");
    const auto target = std::string(kConnections) + "/test";
    const auto body = R"({"protocol":"sftp","host":"127.0.0.1","port":)" + server["port"] +
                      R"(,"username":")" + server["username"] + R"(","password":"wrong","retryCount":0})";
    const auto report = daemon_("POST", target, body);
    ASSERT_EQ(report.status, 200) << report.body;
    EXPECT_EQ(report.json().at("ok"), false);
    const auto metadata = daemon_("POST", target, R"({"protocol":"ftp","host":"169.254.169.254"})").json();
    EXPECT_EQ(metadata.at("error").at("code"), "egress_denied");
    Cli other;
    Daemon strict(other, {"--egress-deny", "127.0.0.0/8"});
    const auto denied = strict("POST", target, body).json();
    EXPECT_EQ(denied.at("error").at("code"), "egress_denied");
}

TEST_F(Rest, listens_elsewhere_without_TLS_only_when_told_to) {
    const auto refused = cli_({"serve", "--listen", "0.0.0.0:0"});
    EXPECT_EQ(refused.status, 2);
    EXPECT_NE(refused.errors.find("--insecure-listen"), std::string::npos);
}

TEST_F(Rest, says_how_it_is_without_a_token) {
    for (const auto* path : {"/healthz", "/readyz", "/version", "/metrics", "/openapi.json", "/docs"})
        EXPECT_EQ(http_request(daemon_.port(), "GET", path).status, 200) << path;
    EXPECT_NE(http_request(daemon_.port(), "GET", "/metrics").body.find("fairlead_http_requests_total{"),
              std::string::npos);
}

/// Whether a document is as a schema says, as far as types and required members go.
void check_schema(const json::value& document, const json::object& schema, const json::object& schemas,
                  const std::string& where) {
    if (const auto* reference = schema.if_contains("$ref")) {
        const std::string path(reference->as_string());
        const auto name = path.substr(path.rfind('/') + 1);
        ASSERT_TRUE(schemas.contains(name)) << name;
        return check_schema(document, schemas.at(name).as_object(), schemas, where);
    }
    const auto* type = schema.if_contains("type");
    if (type != nullptr) {
        const auto fits = [&](std::string_view one) {
            return (one == "object" && document.is_object()) || (one == "array" && document.is_array()) ||
                   (one == "string" && document.is_string()) || (one == "boolean" && document.is_bool()) ||
                   (one == "integer" && (document.is_int64() || document.is_uint64())) ||
                   (one == "number" && document.is_number()) || (one == "null" && document.is_null());
        };
        bool fitting = type->is_string() && fits(type->as_string());
        if (type->is_array())
            for (const auto& one : type->as_array())
                fitting = fitting || fits(one.as_string());
        EXPECT_TRUE(fitting) << where << ": " << json::serialize(document) << " is no "
                             << json::serialize(*type);
    }
    if (document.is_object()) {
        if (const auto* required = schema.if_contains("required"))
            for (const auto& member : required->as_array())
                EXPECT_TRUE(document.as_object().contains(member.as_string()))
                    << where << " lacks " << member;
        if (const auto* properties = schema.if_contains("properties"))
            for (const auto& [name, property] : properties->as_object())
                if (const auto* value = document.as_object().if_contains(name))
                    check_schema(*value, property.as_object(), schemas, where + "." + std::string(name));
    }
    if (document.is_array() && schema.contains("items"))
        for (const auto& item : document.as_array())
            check_schema(item, schema.at("items").as_object(), schemas, where + "[]");
}

void check_answer(const RawAnswer& answer, const json::object& operation, const json::object& components,
                  const std::string& where) {
    const auto& responses = operation.at("responses").as_object();
    const auto* response = responses.if_contains(std::to_string(answer.status));
    ASSERT_NE(response, nullptr) << where << " answered " << answer.status << ": " << answer.body;
    const auto& what = response->as_object().contains("$ref")
                           ? components.at("responses").at("Problem").as_object()
                           : response->as_object();
    if (!what.contains("content") || answer.status == 304) return;
    const auto& content = what.at("content").as_object();
    const auto& type = answer.headers.at("content-type");
    const auto plain = type.substr(0, type.find(';'));
    ASSERT_TRUE(content.contains(plain)) << where << " answered " << answer.status << " as " << type;
    const auto& schema = content.at(plain).at("schema").as_object();
    if (plain.find("json") != std::string::npos && schema.contains("$ref"))
        check_schema(answer.json(), schema, components.at("schemas").as_object(), where);
}

/// Whether the answer has no end of its own: then its header is all there is to wait for.
bool is_endless(const json::object& operation) {
    const auto* success = operation.at("responses").as_object().if_contains("200");
    if (success == nullptr) return false;
    const auto* content = success->as_object().if_contains("content");
    return content != nullptr && content->as_object().contains("text/event-stream");
}

TEST_F(Rest, every_route_answers_as_its_description_says) {
    // Where nobody answers, and nobody has to be asked for the name.
    ASSERT_EQ(daemon_("POST", kConnections,
                      R"({"name":"sample","protocol":"ftp","host":"127.0.0.1","port":1,"retryCount":0})")
                  .status,
              201);
    const auto document = http_request(daemon_.port(), "GET", "/openapi.json").json().as_object();
    EXPECT_EQ(document.at("openapi"), "3.1.0");
    const auto& components = document.at("components").as_object();
    std::set<std::string> ids;
    for (const auto& [path, methods] : document.at("paths").as_object())
        for (const auto& [method, value] : methods.as_object()) {
            const auto& operation = value.as_object();
            EXPECT_TRUE(ids.emplace(operation.at("operationId").as_string()).second)
                << operation.at("operationId");
            std::string target(path), verb(method);
            for (auto& c : verb)
                c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
            const auto where = verb + " " + target;
            for (std::size_t at = 0; (at = target.find('{')) != std::string::npos;) {
                const auto name = target.substr(at + 1, target.find('}') - at - 1);
                const std::string sample = name == "project" ? "default" : name == "name" ? "sample" : "none";
                target.replace(at, name.size() + 2, sample);
            }
            const bool open = operation.contains("security");
            if (!open) {
                const auto nobody = http_request(daemon_.port(), verb, target);
                EXPECT_EQ(nobody.status, 401) << where;
                check_answer(nobody, operation, components, where + " (no token)");
            }
            if (is_endless(operation)) {
                RawHttp stream(daemon_.port());
                stream.send(verb + " " + target + " HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer " +
                            daemon_.token() + "\r\n\r\n");
                const auto begun = stream.answer(true);
                EXPECT_TRUE(begun.status == 404 || begun.headers.at("content-type") == "text/event-stream")
                    << where;
                continue;
            }
            const bool takes = operation.contains("requestBody");
            check_answer(daemon_(verb, target), operation, components, where);
            if (takes)
                check_answer(daemon_(verb, target, "{\"nonsense\":1}"), operation, components,
                             where + " (nonsense)");
            if (takes) check_answer(daemon_(verb, target, "{"), operation, components, where + " (no JSON)");
            check_answer(daemon_(verb, target, {}, "If-Match: \"stale\"\r\n"), operation, components,
                         where + " (stale)");
            const auto others = http_request(daemon_.port(), "OPTIONS", target).headers.at("allow");
            EXPECT_NE(others.find(verb), std::string::npos) << where;
            EXPECT_EQ(http_request(daemon_.port(), "BREW", target).status, 405) << where;
        }
    EXPECT_GE(ids.size(), 20U);
}

}  // namespace
}  // namespace fairlead::test

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "catalog/difference.hpp"
#include "catalog/expand_connection.hpp"
#include "catalog/rename_reference.hpp"
#include "catalog/variable.hpp"
#include "catalog/variables.hpp"

namespace fairlead::catalog {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

/// Names that begin with "secret" are secret.
VariableLookup values(std::map<std::string, std::string> texts) {
    return [texts = std::move(texts)](std::string_view name) -> std::optional<VariableValue> {
        const auto found = texts.find(std::string(name));
        if (found == texts.end()) return std::nullopt;
        return VariableValue{Secret(found->second), name.starts_with("secret")};
    };
}

Expanded expanded(std::string_view text, const VariableLookup& lookup) {
    return expand(text, lookup, "is not defined");
}

TEST(Variables, are_replaced_among_literal_text_and_several_times) {
    const auto result = expanded("${h}.local:${p}-${h}", values({{"h", "ftp"}, {"p", "21"}}));
    EXPECT_EQ(result.text.reveal(), "ftp.local:21-ftp");
    EXPECT_EQ(result.problem, "");
    EXPECT_FALSE(result.secret);
}

TEST(Variables, take_an_escaped_one_and_what_is_none_as_text) {
    const auto lookup = values({{"a", "1"}});
    EXPECT_EQ(expanded("$${a}", lookup).text.reveal(), "${a}");
    EXPECT_EQ(expanded("$$${a}", lookup).text.reveal(), "$${a}");
    EXPECT_EQ(expanded("$ $a ${a", lookup).text.reveal(), "$ $a ${a");
    EXPECT_EQ(expanded("${a}$${a}${a}", lookup).text.reveal(), "1${a}1");
    EXPECT_THAT(variables_in("x$${no}${yes}${no}"), ElementsAre("yes", "no"));
}

TEST(Variables, may_need_others_and_tell_a_circle) {
    EXPECT_EQ(expanded("${a}", values({{"a", "<${b}>"}, {"b", "x"}})).text.reveal(), "<x>");
    const auto circle = expanded("${a}", values({{"a", "${b}"}, {"b", "${a}"}}));
    EXPECT_THAT(circle.problem, HasSubstr("a → b → a"));
    EXPECT_THAT(expanded("${a}", values({{"a", "${a}"}})).problem, HasSubstr("circle"));
}

TEST(Variables, that_multiply_do_not_fill_the_memory) {
    std::map<std::string, std::string> texts{{"v0", std::string(64, 'x')}};
    for (int i = 1; i < 40; ++i)
        texts["v" + std::to_string(i)] = "${v" + std::to_string(i - 1) + "}${v" + std::to_string(i - 1) + "}";
    EXPECT_THAT(expanded("${v39}", values(texts)).problem, HasSubstr("too long"));
}

TEST(Variables, that_are_unknown_are_named_with_the_way_to_them) {
    const auto unknown = expanded("${a}", values({{"a", "${missing}"}}));
    EXPECT_EQ(unknown.unknown, "missing");
    EXPECT_EQ(unknown.problem, "needs the variable 'a', which needs the variable 'missing', which is not defined");
    EXPECT_THAT(expanded("${a b}", values({})).problem, HasSubstr("no name"));
}

TEST(Variables, that_are_secret_are_not_shown) {
    const auto result = expanded("a${secret}b${plain}", values({{"secret", "hunter2"}, {"plain", "c"}}));
    EXPECT_EQ(result.text.reveal(), "ahunter2bc");
    EXPECT_EQ(result.shown, "a***bc");
    EXPECT_TRUE(result.secret);
    const auto within = expanded("${secret}", values({{"secret", "x${plain}"}, {"plain", "c"}}));
    EXPECT_EQ(within.shown, "***");
}

TEST(Variables, are_looked_for_as_secrets_first_then_for_the_environment_then_for_all) {
    Variable own, global;
    const auto found = [&](const char* environment) { return find_value(&own, &global, environment); };
    EXPECT_EQ(found("test").variable, nullptr);
    global.plain[""] = "global";
    EXPECT_EQ(found("test").variable, &global);
    own.plain[""] = "own";
    EXPECT_EQ(found("test").variable, &own);
    global.plain["test"] = "global in test";
    EXPECT_EQ(found("test").variable, &global);
    EXPECT_EQ(found("production").variable, &own);
    EXPECT_EQ(found("").variable, &own);
    own.plain["test"] = "own in test";
    EXPECT_EQ(found("test").variable, &own);
    global.sealed["test"] = "sealed";
    EXPECT_EQ(found("test").variable, &global);
    EXPECT_TRUE(found("test").secret);
    own.sealed["test"] = "sealed";
    EXPECT_EQ(found("test").variable, &own);
}

TEST(Variables, are_stored_as_they_are_and_shown_without_secrets) {
    Variable variable;
    variable.name = "db.host_1";
    variable.description = "where";
    variable.plain = {{"", "a"}, {"test", "b"}};
    variable.sealed = {{"production", "\x01\x02"}};
    variable.references = {{Kind::environment, "test"}};
    const auto again = variable_of(to_resource(variable));
    EXPECT_EQ(again.plain, variable.plain);
    EXPECT_EQ(again.sealed, variable.sealed);
    EXPECT_EQ(again.references, variable.references);
    const auto json = to_json(variable);
    EXPECT_EQ(json.at("value"), "a");
    EXPECT_EQ(json.at("environments").at("test").at("value"), "b");
    EXPECT_TRUE(json.at("environments").at("production").at("value").is_null());
    EXPECT_EQ(json.at("environments").at("production").at("secret"), true);
    variable.name = "a b";
    EXPECT_THROW(require_valid(variable), Error);
}

Connection connection() {
    Connection c;
    c.name = "partner";
    c.host = "${host}.example.com";
    c.port = "${port}";
    c.username = "u";
    c.password = Secret("${secret}");
    return c;
}

TEST(ConnectionVariables, are_replaced_in_every_field_that_may_hold_them) {
    auto c = connection();
    c.working_directory = "/${dir}";
    c.tls.version = "${tls}";
    c.description = "of ${host}";
    const auto done = require_expanded(c, values({{"host", "a"}, {"port", "2121"}, {"secret", "s"}, {"dir", "in"},
                                                  {"tls", "TLS1.3"}}),
                                       "test");
    EXPECT_EQ(done.host, "a.example.com");
    EXPECT_EQ(done.port, "2121");
    EXPECT_EQ(done.password.reveal(), "s");
    EXPECT_EQ(done.working_directory, "/in");
    EXPECT_EQ(done.tls.version, "TLS1.3");
    EXPECT_EQ(done.description, "of a");
    EXPECT_THAT(variables_in(c), ElementsAre("host", "port", "secret", "dir", "tls"));
}

Error failure_of(const Connection& c, const VariableLookup& lookup, std::string_view environment) {
    try {
        require_expanded(c, lookup, environment);
    } catch (const Error& error) {
        return error;
    }
    return Error(ErrorCode::internal, "nothing was thrown");
}

TEST(ConnectionVariables, name_every_unknown_one_with_its_field_and_the_environment) {
    const auto error = failure_of(connection(), values({{"secret", "s"}}), "test");
    EXPECT_EQ(error.code, ErrorCode::invalid_argument);
    ASSERT_EQ(error.faults.size(), 2u);
    EXPECT_EQ(error.faults[0].field, "host");
    EXPECT_EQ(error.faults[1].field, "port");
    for (const auto* word : {"host", "'host'", "'test'"})
        EXPECT_THAT(error.message, HasSubstr(word));
    const auto without = failure_of(connection(), values({{"secret", "s"}}), "");
    EXPECT_THAT(without.message, HasSubstr("none was chosen"));
    EXPECT_THAT(without.hint, HasSubstr("--environment"));
}

TEST(ConnectionVariables, are_checked_once_they_are_known_without_telling_secrets) {
    auto c = connection();
    const auto error = failure_of(c, values({{"host", "a b"}, {"port", "70000"}, {"secret", "s"}}), "test");
    ASSERT_EQ(error.faults.size(), 2u);
    EXPECT_EQ(error.faults[1].value, "70000");
    c.port = "${secret.port}";
    const auto hidden =
        failure_of(c, values({{"host", "a"}, {"secret.port", "70000"}, {"secret", "s"}}), "test");
    ASSERT_EQ(hidden.faults.size(), 1u);
    EXPECT_EQ(hidden.faults[0].value, "");
}

TEST(ConnectionVariables, are_not_looked_for_in_what_is_already_replaced) {
    auto c = connection();
    c.host = "h";
    c.port = "";
    c.password = Secret("a$${b}");
    EXPECT_THAT(validate(c).faults, IsEmpty());
    EXPECT_EQ(resolve(require_expanded(c, values({}), "")).password.reveal(), "a${b}");
    c.host = "${host}";
    EXPECT_THAT(validate(c).faults, IsEmpty());
    EXPECT_THAT(validate_expanded(c).faults, Not(IsEmpty()));
}

TEST(Difference, is_told_field_by_field) {
    const boost::json::object before{{"a", 1}, {"tls", {{"mode", "explicit"}, {"pin", ""}}}, {"gone", true}};
    const boost::json::object after{{"a", 2}, {"tls", {{"mode", "implicit"}, {"pin", ""}}}, {"tags", {"x"}}};
    std::vector<std::string> fields;
    for (const auto& change : difference(before, after))
        fields.push_back(change.field);
    EXPECT_THAT(fields, ElementsAre("a", "tls.mode", "tags", "gone"));
    EXPECT_THAT(difference(after, after), IsEmpty());
}

TEST(Renaming, follows_into_definitions_and_locations_and_nowhere_else) {
    Resource user;
    user.definition = {{"connection", "Partner"},
                       {"description", "partner: of old"},
                       {"sources", {"partner:/in", "partners:/in"}},
                       {"step", {{"target", "PARTNER:/out"}}}};
    user.references = {{Kind::connection, "partner"}, {Kind::variable, "partner"}};
    rename_reference(user, {Kind::connection, "partner"}, "acme");
    EXPECT_EQ(user.definition.at("connection"), "acme");
    EXPECT_EQ(user.definition.at("description"), "partner: of old");
    EXPECT_EQ(user.definition.at("sources").at(0), "acme:/in");
    EXPECT_EQ(user.definition.at("sources").at(1), "partners:/in");
    EXPECT_EQ(user.definition.at("step").at("target"), "acme:/out");
    EXPECT_EQ(user.references[0].name, "acme");
    EXPECT_EQ(user.references[1].name, "partner");
}

}  // namespace
}  // namespace fairlead::catalog

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <boost/json/serialize.hpp>

#include "catalog/connection_resource.hpp"
#include "fairlead/error.hpp"
#include "service/connections.hpp"
#include "service/history.hpp"
#include "service/places.hpp"
#include "service/variables.hpp"
#include "service/workspace.hpp"
#include "store/store.hpp"
#include "support/temporary_folder.hpp"

namespace fairlead::service {
namespace {

using catalog::ConnectionPatch;
using catalog::Kind;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class CatalogTest : public ::testing::Test {
  protected:
    CatalogTest() : workspace_((folder_ / "data").string()) { workspace_.act_as({"alice", "cli", false, true}); }

    Connections& connections() { return workspace_.connections(); }
    Variables& variables() { return workspace_.variables(); }

    static ConnectionPatch fields(const std::string& host = "ftp.example.com", const std::string& password = "") {
        ConnectionPatch patch;
        patch.set("host", host);
        if (!password.empty()) patch.secrets["password"] = Secret(password);
        return patch;
    }

    catalog::Variable set(const std::string& name, const std::string& value, const std::string& environment = "",
                          bool secret = false, const std::string& project = "default") {
        VariableChange change;
        change.environment = environment;
        change.value = Secret(value);
        change.secret = secret;
        return variables().set(project, name, change);
    }

    /// Something that uses a connection, as an operation does.
    void use(const std::string& connection, const std::string& name, const std::string& project = "default") {
        catalog::Resource user;
        user.kind = Kind::operation;
        user.name = name;
        user.record.id = catalog::make_id();
        user.record.project = project;
        user.record.revision = 1;
        user.definition["connection"] = connection;
        user.references = {{Kind::connection, connection}};
        workspace_.store().resources().apply({store::Change::create, user, {}}, "cli");
    }

    template <class Work>
    Error error_of(Work work) {
        try {
            work();
        } catch (const Error& error) {
            return error;
        }
        return Error(ErrorCode::internal, "nothing was thrown");
    }

    test::TemporaryFolder folder_;
    Workspace workspace_;
};

TEST_F(CatalogTest, has_three_environments_and_takes_more) {
    auto& environments = workspace_.environments();
    std::vector<std::string> names;
    environments.create("staging", "before production");
    for (const auto& environment : environments.list())
        names.push_back(environment.name);
    EXPECT_THAT(names, ElementsAre("development", "production", "staging", "test"));
    EXPECT_EQ(error_of([&] { environments.create("STAGING"); }).code, ErrorCode::already_exists);
    EXPECT_EQ(error_of([&] { environments.create(" x"); }).code, ErrorCode::invalid_argument);
    EXPECT_EQ(error_of([&] { environments.get("stagin"); }).hint, "did you mean 'staging'?");
    set("v", "1", "staging");
    EXPECT_EQ(error_of([&] { environments.remove("staging"); }).code, ErrorCode::conflict);
    set("v", "2");
    environments.remove("staging", true);
    EXPECT_FALSE(variables().get("default", "v").has("staging"));
}

TEST_F(CatalogTest, resolves_by_environment_project_and_global) {
    connections().create("default", "partner", fields("${host}", "${pw}"));
    set("host", "global.example.com", "", false, "global");
    set("pw", "hunter2", "", true);
    EXPECT_EQ(connections().usable("default", "partner").host, "global.example.com");
    EXPECT_EQ(connections().usable("default", "partner").password.reveal(), "hunter2");
    set("host", "own.example.com");
    EXPECT_EQ(connections().usable("default", "partner").host, "own.example.com");
    set("host", "test.example.com", "test");
    workspace_.use_environment("test");
    EXPECT_EQ(connections().endpoint("default", "partner", {}).host, "test.example.com");
    workspace_.use_environment("nowhere");
    EXPECT_EQ(error_of([&] { connections().usable("default", "partner"); }).code, ErrorCode::not_found);
}

TEST_F(CatalogTest, uses_a_global_connection_with_the_variables_of_whoever_uses_it) {
    connections().create("global", "partner", fields("${host}"));
    set("host", "a.example.com", "", false, "shop");
    EXPECT_EQ(connections().usable("shop", "partner").host, "a.example.com");
    EXPECT_EQ(error_of([&] { connections().usable("default", "partner"); }).code, ErrorCode::invalid_argument);
}

TEST_F(CatalogTest, names_must_be_written_as_they_are) {
    connections().create("default", "partner", fields("${HOST}"));
    set("host", "a.example.com");
    EXPECT_THAT(error_of([&] { connections().usable("default", "partner"); }).message, HasSubstr("'HOST'"));
}

TEST_F(CatalogTest, keeps_secrets_secret_when_they_are_set_again) {
    set("token", "one", "", true);
    set("token", "two");
    const auto variable = variables().get("default", "token");
    EXPECT_THAT(variable.plain, IsEmpty());
    EXPECT_EQ(variables().lookup("default", "")("token")->text.reveal(), "two");
    EXPECT_TRUE(catalog::to_json(variable).at("value").is_null());
}

TEST_F(CatalogTest, shows_what_fields_become_without_secrets) {
    set("host", "prod.example.com", "production");
    set("user", "sekret-user", "production", true);
    auto patch = fields("${host}", "hunter2");
    patch.set("username", "u-${user}");
    connections().create("default", "partner", patch);
    const auto previews = connections().preview("default", "partner", {"", "production"});
    ASSERT_EQ(previews.size(), 2u);
    EXPECT_EQ(previews[0].faults.size(), 2u);
    EXPECT_THAT(previews[1].faults, IsEmpty());
    EXPECT_EQ(previews[1].connection.host, "prod.example.com");
    EXPECT_EQ(previews[1].connection.username, "u-***");
    EXPECT_TRUE(previews[1].connection.password.empty());
}

TEST_F(CatalogTest, knows_what_uses_a_variable_even_in_a_password) {
    set("pw", "x");
    connections().create("default", "partner", fields("h", "${pw}"));
    ConnectionPatch change;
    change.set("description", "later");
    connections().update("default", "partner", change);  // the password is sealed by now
    const auto error = error_of([&] { variables().remove("default", "pw"); });
    EXPECT_EQ(error.code, ErrorCode::conflict);
    EXPECT_THAT(error.message, HasSubstr("'partner'"));
    variables().remove("default", "pw", true);
    EXPECT_EQ(error_of([&] { variables().get("default", "pw"); }).code, ErrorCode::not_found);
}

TEST_F(CatalogTest, does_not_delete_what_is_used_unless_forced) {
    connections().create("default", "partner", fields());
    use("partner", "fetch");
    const auto error = error_of([&] { connections().remove("default", "partner"); });
    EXPECT_EQ(error.code, ErrorCode::conflict);
    EXPECT_THAT(error.message, HasSubstr("the operation 'fetch'"));
    connections().remove("default", "partner", true);
    EXPECT_EQ(error_of([&] { connections().get("default", "partner"); }).code, ErrorCode::not_found);
}

TEST_F(CatalogTest, a_project_with_its_own_connection_does_not_use_the_global_one) {
    connections().create("global", "partner", fields());
    connections().create("shop", "partner", fields());
    use("partner", "of shop", "shop");
    EXPECT_THAT(connections().users("global", "partner"), IsEmpty());
    use("partner", "of default", "default");
    ASSERT_EQ(connections().users("default", "partner").size(), 1u);
    EXPECT_EQ(connections().users("default", "partner")[0].name, "of default");
}

TEST_F(CatalogTest, references_follow_a_new_name) {
    connections().create("default", "partner", fields());
    use("partner", "fetch");
    connections().rename("default", "partner", "acme");
    const auto user = workspace_.store().resources().find(Kind::operation, "default", "fetch");
    EXPECT_EQ(user->definition.at("connection"), "acme");
    EXPECT_EQ(user->record.revision, 2);
    EXPECT_EQ(connections().users("default", "acme").size(), 1u);
}

TEST_F(CatalogTest, moves_to_global_and_back) {
    connections().create("default", "partner", fields("h", "hunter2"));
    use("partner", "fetch");
    const auto id = connections().get("default", "partner").record.id;
    connections().move("default", "partner", "global");
    EXPECT_THAT(workspace_.store().resources().names(Kind::connection, "default"), IsEmpty());
    EXPECT_EQ(connections().usable("shop", "partner").password.reveal(), "hunter2");
    EXPECT_EQ(error_of([&] { connections().move("default", "partner", "shop"); }).code, ErrorCode::conflict);
    const auto saved = connections().move("default", "partner", "default");
    EXPECT_EQ(saved.connection.record.id, id);
    EXPECT_EQ(connections().usable("default", "partner").password.reveal(), "hunter2");
    EXPECT_EQ(error_of([&] { connections().get("shop", "partner"); }).code, ErrorCode::not_found);
}

TEST_F(CatalogTest, tells_which_variables_a_moved_connection_misses) {
    set("host", "h");
    connections().create("default", "partner", fields("${host}"));
    const auto saved = connections().move("default", "partner", "shop");
    ASSERT_EQ(saved.warnings.size(), 1u);
    EXPECT_THAT(saved.warnings[0].problem, HasSubstr("'host'"));
}

TEST_F(CatalogTest, rolls_back_to_a_new_revision_and_keeps_id_name_and_secrets) {
    connections().create("default", "partner", fields("one.example.com", "hunter2"));
    connections().rename("default", "partner", "acme");
    auto change = fields("two.example.com", "hunter3");
    change.set("timeoutSeconds", boost::json::value(7));
    connections().update("default", "acme", change);
    const auto saved = connections().rollback("default", "acme", 1);
    EXPECT_EQ(saved.connection.host, "one.example.com");
    EXPECT_EQ(saved.connection.timeout_seconds, 30u);
    EXPECT_EQ(saved.connection.name, "acme");
    EXPECT_EQ(saved.connection.record.revision, 4);
    EXPECT_EQ(connections().usable("default", "acme").password.reveal(), "hunter3");
    EXPECT_THAT(saved.warnings, ::testing::Not(IsEmpty()));
    EXPECT_EQ(error_of([&] { connections().rollback("default", "acme", 99); }).code, ErrorCode::not_found);
}

TEST_F(CatalogTest, keeps_a_history_field_by_field_with_secrets_only_named) {
    connections().create("default", "partner", fields("one.example.com", "hunter2"));
    connections().update("default", "partner", fields("two.example.com", "hunter3"));
    const auto document = history_to_json(connections().history("default", "partner"));
    const auto& newest = document.at(0);
    EXPECT_EQ(newest.at("changes").as_array().size(), 1u);
    EXPECT_EQ(newest.at("changes").at(0).at("field"), "host");
    EXPECT_EQ(newest.at("changes").at(0).at("before"), "one.example.com");
    EXPECT_EQ(newest.at("changedSecrets").at(0), "password");
    EXPECT_THAT(boost::json::serialize(document), ::testing::Not(HasSubstr("hunter")));
}

TEST_F(CatalogTest, refuses_a_stale_revision_everywhere) {
    connections().create("default", "partner", fields());
    const auto stale = [&](auto work) { EXPECT_EQ(error_of(work).code, ErrorCode::conflict); };
    stale([&] { connections().rename("default", "partner", "x", 2); });
    stale([&] { connections().set_enabled("default", "partner", false, 2); });
    stale([&] { connections().move("default", "partner", "global", false, 2); });
    stale([&] { connections().rollback("default", "partner", 1, 2); });
    stale([&] { connections().remove("default", "partner", false, 2); });
    EXPECT_EQ(connections().get("default", "partner").record.revision, 1);
}

TEST_F(CatalogTest, makes_a_project_with_what_is_put_into_it_and_deletes_only_an_empty_one) {
    connections().create("shop", "partner", fields());
    auto& projects = workspace_.projects();
    EXPECT_EQ(projects.get("shop").name, "shop");
    EXPECT_EQ(error_of([&] { projects.remove("shop"); }).code, ErrorCode::not_empty);
    EXPECT_EQ(error_of([&] { connections().create("SHOP", "other", fields()); }).code, ErrorCode::invalid_argument);
    connections().remove("shop", "partner");
    projects.remove("shop");
    EXPECT_EQ(error_of([&] { projects.get("shop"); }).code, ErrorCode::not_found);
    EXPECT_EQ(error_of([&] { projects.remove("global"); }).code, ErrorCode::conflict);
}

TEST_F(CatalogTest, gives_pages_in_order_without_what_is_hidden) {
    std::vector<std::pair<std::string, ConnectionPatch>> many;
    for (int i = 0; i < 25; ++i)
        many.emplace_back("c" + std::to_string(100 + i), fields());
    connections().create_all("default", many);
    connections().create("global", "c110", fields("hidden"));
    connections().create("global", "zz", fields());
    std::vector<std::string> names;
    store::ResourceQuery query;
    query.limit = 10;
    do {
        auto page = connections().page("default", query);
        for (const auto& connection : page.connections)
            names.push_back(connection.name);
        query.after = page.next;
    } while (!query.after.empty());
    EXPECT_EQ(names.size(), 26u);
    EXPECT_TRUE(std::ranges::is_sorted(names));
    EXPECT_EQ(std::ranges::count(names, "c110"), 1);
    many.emplace_back("new", fields());
    EXPECT_EQ(error_of([&] { connections().create_all("default", many); }).code, ErrorCode::already_exists);
    EXPECT_EQ(error_of([&] { connections().get("default", "new"); }).code, ErrorCode::not_found);
}

}  // namespace
}  // namespace fairlead::service

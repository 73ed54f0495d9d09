#include "bundle/bundle.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include "fairlead/error.hpp"

namespace fairlead::bundle {
namespace {

namespace json = boost::json;
using catalog::Kind;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr auto kCertificate = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
constexpr auto kKey = "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n";

Item partner() {
    Item item;
    item.project = "sales";
    item.name = "Partner 1";
    item.tags = {"a", "b"};
    item.definition = json::parse(R"({"host":"${host}","password":null,"tls":{"ca":null,"mode":"explicit"}})").as_object();
    item.definition["tls"].as_object()["ca"] = kCertificate;
    item.blank = {"password"};
    item.references = {{Kind::variable, "host"}};
    return item;
}

Bundle read(const Files& files) {
    const auto bytes = write_archive(files);
    return read_bundle(Archive(bytes));
}

TEST(Bundle, gives_back_what_was_put_in) {
    const auto bundle = read(to_files({Scope::project, false, {partner()}}));
    EXPECT_EQ(bundle.scope, Scope::project);
    ASSERT_EQ(bundle.items.size(), 1u);
    const auto& item = bundle.items[0];
    const auto expected = partner();
    EXPECT_EQ(item.kind, Kind::connection);
    EXPECT_EQ(item.project, "sales");
    EXPECT_EQ(item.name, "Partner 1");
    EXPECT_EQ(item.tags, expected.tags);
    EXPECT_EQ(item.definition, expected.definition);
    EXPECT_EQ(item.blank, expected.blank);
    EXPECT_EQ(item.references, expected.references);
}

TEST(Bundle, holds_the_connection_as_JSON_its_certificates_once_and_what_it_needs) {
    auto second = partner();
    second.name = "Partner 2";
    const auto files = to_files({Scope::connections, false, {second, partner()}});
    ASSERT_EQ(files.size(), 4u) << "two connections, one certificate, the manifest";
    const auto document = json::parse(files.at("projects/sales/connections/Partner 1.json"));
    EXPECT_EQ(document.at("name"), "Partner 1");
    EXPECT_EQ(document.at("host"), "${host}");
    EXPECT_TRUE(document.at("password").is_null());
    const auto certificate = std::string(document.at("tls").at("ca").at("$file").as_string());
    EXPECT_EQ(files.at(certificate), kCertificate);
    const auto manifest = json::parse(files.at("fairlead.json"));
    EXPECT_EQ(manifest.at("format"), "fairlead-bundle");
    EXPECT_EQ(manifest.at("version"), 1);
    const auto& item = manifest.at("items").at(0);
    EXPECT_EQ(item.at("name"), "Partner 1");
    EXPECT_EQ(item.at("dependencies").at("uses").at(0).at("name"), "host");
    EXPECT_EQ(item.at("dependencies").at("uses").at(0).at("included"), false);
    EXPECT_EQ(item.at("dependencies").at("certificates").at(0), json::value(certificate));
    EXPECT_EQ(item.at("secretsToEnter").at(0), "password");
}

TEST(Bundle, has_the_same_bytes_in_whatever_order_its_items_come) {
    auto second = partner();
    second.name = "a";
    const auto one = write_archive(to_files({Scope::connections, false, {partner(), second}}));
    const auto other = write_archive(to_files({Scope::connections, false, {second, partner()}}));
    EXPECT_EQ(one, other);
}

TEST(Bundle, carries_secrets_and_keys_where_it_shall) {
    auto item = partner();
    item.blank.clear();
    item.secrets.emplace("password", Secret("pw"));
    item.secrets.emplace("tls.key", Secret(kKey));
    const auto files = to_files({Scope::connections, true, {item}});
    EXPECT_THAT(files.at("projects/sales/connections/Partner 1.json"), Not(HasSubstr("PRIVATE")));
    const auto back = read(files);
    EXPECT_TRUE(back.with_secrets);
    EXPECT_EQ(back.items.at(0).secrets.at("password").reveal(), "pw");
    EXPECT_EQ(back.items.at(0).secrets.at("tls.key").reveal(), kKey);
    EXPECT_FALSE(back.items.at(0).definition.contains("password"));
}

/// What reading says about a bundle in which a text was replaced.
std::string problem(const std::string& path, const std::string& from, const std::string& to) {
    auto files = to_files({Scope::connections, false, {partner()}});
    auto& text = files.at(path);
    const auto at = text.find(from);
    EXPECT_NE(at, text.npos) << from;
    text.replace(at, from.size(), to);
    try {
        read(files);
        return "";
    } catch (const Error& error) {
        EXPECT_EQ(error.code, ErrorCode::invalid_argument);
        return error.message;
    }
}

TEST(Bundle, refuses_what_it_does_not_understand) {
    const std::string manifest = "fairlead.json", file = "projects/sales/connections/Partner 1.json";
    EXPECT_THAT(problem(manifest, "fairlead-bundle", "other"), HasSubstr("another format"));
    EXPECT_THAT(problem(manifest, "\"version\": 1", "\"version\": 2"), HasSubstr("version 2; this Fairlead reads up to 1"));
    EXPECT_THAT(problem(manifest, "\"version\": 1", "\"version\": \"1\""), HasSubstr("'version' is missing"));
    EXPECT_THAT(problem(manifest, "\"kind\": \"connection\"", "\"kind\": \"gadget\""), HasSubstr("gadget"));
    EXPECT_THAT(problem(manifest, "\"project\": \"sales\"", "\"project\": \"../x\""), HasSubstr("impossible project"));
    EXPECT_THAT(problem(manifest, "Partner 1.json", "Partner 3.json"), HasSubstr("does not hold the file"));
    EXPECT_THAT(problem(manifest, "\"secrets\": []", "\"secrets\": [\"host.x\"]"), HasSubstr("does not hold the secret"));
    EXPECT_THAT(problem(file, "Partner 1", "Other"), HasSubstr("something else"));
    EXPECT_THAT(problem(file, "\"enabled\": true", "\"enabled\": 1"), HasSubstr("'enabled'"));
    EXPECT_THAT(problem(file, "{", "["), HasSubstr("no JSON object"));
    EXPECT_THAT(problem(file, "certificates/", "../"), HasSubstr("does not hold the file"));

    auto twice = partner();
    twice.name = "PARTNER 1";
    EXPECT_THROW(read(to_files({Scope::connections, false, {partner(), twice}})), Error);
    EXPECT_THROW(read({{"other.json", "{}"}}), Error);
}

TEST(Bundle, keeps_odd_names_inside_its_folder) {
    auto item = partner();
    item.kind = Kind::variable;
    item.name = "../a/b";
    const auto files = to_files({Scope::project, false, {item}});
    EXPECT_TRUE(files.contains("projects/sales/variables/%2E.%2Fa%2Fb.json"));
    EXPECT_EQ(read(files).items.at(0).name, "../a/b");
}

}  // namespace
}  // namespace fairlead::bundle

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "catalog/connection.hpp"

namespace fairlead::catalog {
namespace {

namespace json = boost::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

ConnectionPatch patch(std::string_view text) {
    ConnectionPatch result;
    result.fields = json::parse(text).as_object();
    return result;
}

Connection with_every_field() {
    std::vector<Fault> faults;
    auto connection = apply(Connection{}, patch(R"({
        "name": "n", "description": "d", "enabled": false, "tags": ["a", "b"], "protocol": "SFTP", "host": "h",
        "port": 2222, "username": "u", "workingDirectory": "in", "timeoutSeconds": 5, "connectTimeoutSeconds": 6,
        "idleTimeoutSeconds": 7, "retryCount": 0, "maxSessions": 2, "bandwidthLimit": "08:00,1M 20:00,off", "proxy": "http://p:1",
        "tls": {"mode": "implicit", "version": "TLS1.3", "pin": "x", "verify": false, "protectData": false},
        "ftp": {"active": true, "activePorts": "50000-50010", "charset": "ISO-8859-9", "useMlsd": false,
                "loginCommands": ["SITE X"]},
        "sftp": {"hostKeys": ["SHA256:k"], "acceptNewHostKey": true, "legacy": true}})"),
                            faults);
    EXPECT_THAT(faults, IsEmpty());
    return connection;
}

TEST(ConnectionJson, reads_back_what_it_writes) {
    const auto written = fields_to_json(with_every_field());
    ConnectionPatch again;
    again.fields = written;
    std::vector<Fault> faults;
    EXPECT_EQ(fields_to_json(apply(Connection{}, again, faults)), written);
    EXPECT_THAT(faults, IsEmpty());
    EXPECT_EQ(written.at("port"), 2222);
    EXPECT_EQ(written.at("protocol"), "sftp");
    EXPECT_EQ(written.at("ftp").at("activePorts"), "50000-50010");
}

TEST(ConnectionJson, never_holds_a_secret) {
    auto connection = with_every_field();
    connection.sealed["sftp.passphrase"] = "sealed bytes";
    int n = 0;
    for (const auto& [field, secret] : secrets_of(connection))
        *secret = Secret("planted-" + std::to_string(n++));
    const auto document = to_json(connection);
    EXPECT_THAT(json::serialize(document), Not(HasSubstr("planted")));
    EXPECT_THAT(json::serialize(document), Not(HasSubstr("sealed bytes")));
    EXPECT_TRUE(document.at("password").is_null());
    EXPECT_EQ(document.at("secretsSet").as_array().size(), secrets_of(connection).size());
}

TEST(ConnectionJson, keeps_what_a_patch_does_not_name) {
    std::vector<Fault> faults;
    const auto before = with_every_field();
    const auto after = apply(before, patch(R"({"tls": {"mode": "explicit"}})"), faults);
    EXPECT_EQ(after.tls.mode, TlsOptions::Mode::explicit_);
    EXPECT_EQ(after.tls.version, "TLS1.3");
    EXPECT_EQ(after.host, "h");
}

TEST(ConnectionJson, gives_a_field_set_to_null_its_default_and_leaves_a_secret_set_to_null) {
    auto before = with_every_field();
    before.password = Secret("kept");
    std::vector<Fault> faults;
    const auto after = apply(
        before, patch(R"({"port": null, "connectTimeoutSeconds": null, "password": null, "tags": null})"),
        faults);
    EXPECT_EQ(after.port, "");
    EXPECT_EQ(port_of(after), 22);
    EXPECT_FALSE(after.connect_timeout_seconds);
    EXPECT_EQ(after.password.reveal(), "kept");
    EXPECT_THAT(after.tags, IsEmpty());
    EXPECT_THAT(faults, IsEmpty());
}

TEST(ConnectionJson, takes_numbers_as_text_as_flags_and_variables_give_them) {
    std::vector<Fault> faults;
    const auto c = apply(Connection{}, patch(R"({"port": "2121", "timeoutSeconds": "45"})"), faults);
    EXPECT_EQ(port_of(c), 2121);
    EXPECT_EQ(c.timeout_seconds, 45u);
    EXPECT_THAT(faults, IsEmpty());
}

TEST(ConnectionJson, collects_every_wrong_type_with_its_path) {
    std::vector<Fault> faults;
    apply(Connection{},
          patch(R"({"host": 1, "enabled": "yes", "timeoutSeconds": -1, "tags": "x", "protocol": "smb",
                                   "tls": {"mode": "both"}, "ftp": {"activePorts": "9-1"}, "sftp": 3,
                                   "password": 7})"),
          faults);
    std::vector<std::string> paths;
    for (const auto& fault : faults)
        paths.push_back(fault.field);
    EXPECT_THAT(paths, ElementsAre("enabled", "tags", "protocol", "host", "password", "timeoutSeconds",
                                   "tls.mode", "ftp.activePorts", "sftp"))
        << "in the order of the fields, unknown ones last";
}

TEST(ConnectionJson, names_an_unknown_field_and_the_one_that_was_likely_meant) {
    std::vector<Fault> faults;
    apply(Connection{}, patch(R"({"usernme": "x", "tls": {"verfy": false}})"), faults);
    ASSERT_EQ(faults.size(), 2u);
    EXPECT_EQ(faults[0].field, "usernme");
    EXPECT_THAT(faults[0].problem, HasSubstr("username"));
    EXPECT_EQ(faults[1].field, "tls.verfy");
    EXPECT_THAT(faults[1].problem, HasSubstr("tls.verify"));
}

TEST(ConnectionJson, can_be_sent_back_as_it_was_read) {
    auto connection = with_every_field();
    connection.record.id = make_id();
    ConnectionPatch again;
    again.fields = to_json(connection);
    std::vector<Fault> faults;
    apply(connection, again, faults);
    EXPECT_THAT(faults, IsEmpty());
}

TEST(RecordId, is_a_UUIDv7_and_grows_with_time) {
    const auto id = make_id();
    ASSERT_EQ(id.size(), 36u);
    EXPECT_EQ(id[14], '7');
    EXPECT_THAT(std::string("89ab"), HasSubstr(std::string(1, id[19])));
    EXPECT_NE(make_id(), id);
    EXPECT_LE(id.substr(0, 8), make_id().substr(0, 8));
}

TEST(ConnectionDefaults, take_the_port_from_the_protocol) {
    EXPECT_EQ(default_port(Protocol::ftp, TlsOptions::Mode::explicit_), 21);
    EXPECT_EQ(default_port(Protocol::ftps, TlsOptions::Mode::explicit_), 21);
    EXPECT_EQ(default_port(Protocol::ftps, TlsOptions::Mode::implicit), 990);
    EXPECT_EQ(default_port(Protocol::sftp, TlsOptions::Mode::implicit), 22);
}

TEST(Resolve, gives_an_endpoint_with_the_waits_that_follow_from_the_time_out) {
    Connection c;
    c.name = "n";
    c.host = "[::1]";
    c.timeout_seconds = 3;
    c.tls.version = "TLS1.2";
    const auto endpoint = resolve(c);
    EXPECT_EQ(endpoint.host, "::1");
    EXPECT_EQ(endpoint.port, 21);
    EXPECT_EQ(endpoint.timeouts.connect, std::chrono::seconds(3));
    EXPECT_EQ(endpoint.timeouts.command, std::chrono::seconds(3));
    EXPECT_EQ(endpoint.timeouts.idle, std::chrono::seconds(6));
    EXPECT_EQ(endpoint.tls.lowest, TlsOptions::Version::tls_1_2);
    EXPECT_EQ(endpoint.tls.highest, TlsOptions::Version::tls_1_2);
}

TEST(Resolve, puts_the_proxys_password_into_its_URL_percent_encoded) {
    Connection c;
    c.name = "n";
    c.host = "h";
    c.proxy = "http://user@proxy:3128";
    c.proxy_password = Secret("a@b:c/");
    EXPECT_EQ(resolve(c).proxy, "http://user:a%40b:c%2F@proxy:3128");
}

}  // namespace
}  // namespace fairlead::catalog

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "catalog/connection.hpp"

namespace fairlead::catalog {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

Connection valid() {
    Connection connection;
    connection.name = "partner";
    connection.host = "ftp.example.com";
    connection.username = "alice";
    return connection;
}

std::vector<std::string> fields(const std::vector<Fault>& faults) {
    std::vector<std::string> names;
    for (const auto& fault : faults)
        names.push_back(fault.field);
    return names;
}

std::vector<std::string> faults_of(const Connection& connection) {
    return fields(validate(connection).faults);
}
std::vector<std::string> warnings_of(const Connection& connection) {
    return fields(validate(connection).warnings);
}

TEST(ConnectionValidation, accepts_the_defaults_with_a_name_and_a_host) {
    EXPECT_THAT(faults_of(valid()), IsEmpty());
    EXPECT_THAT(warnings_of(valid()), IsEmpty());
}

TEST(ConnectionValidation, names_every_wrong_field_at_once) {
    auto c = valid();
    c.name = "a/b";
    c.host = "a b";
    c.port = "65536";
    c.timeout_seconds = 0;
    c.tls.pin = "SHA256:short";
    c.ftp.charset = "no-such-charset";
    c.ftp.time_zone = "Mars/Olympus";
    c.description = std::string(1001, 'x');
    EXPECT_THAT(faults_of(c), UnorderedElementsAre("name", "host", "port", "timeoutSeconds", "tls.pin",
                                                   "ftp.charset", "ftp.timeZone", "description"));
}

TEST(ConnectionValidation, counts_the_description_in_characters_not_bytes) {
    auto c = valid();
    for (int i = 0; i < 1000; ++i)
        c.description += "ü";
    EXPECT_THAT(faults_of(c), IsEmpty());
}

class HostsThatAreRight : public ::testing::TestWithParam<const char*> {};
TEST_P(HostsThatAreRight, are_accepted) {
    auto c = valid();
    c.host = GetParam();
    EXPECT_THAT(faults_of(c), IsEmpty());
}
INSTANTIATE_TEST_SUITE_P(ConnectionValidation, HostsThatAreRight,
                         ::testing::Values("ftp.example.com", "localhost", "10.0.0.1", "::1", "[::1]",
                                           "2001:db8::7", "fe80::1%eth0", "host_with_underscore",
                                           "xn--mnchen-3ya.de", "trailing.dot.", "3com.com"));

class HostsThatAreWrong : public ::testing::TestWithParam<const char*> {};
TEST_P(HostsThatAreWrong, are_refused) {
    auto c = valid();
    c.host = GetParam();
    EXPECT_THAT(faults_of(c), ElementsAre("host"));
}
INSTANTIATE_TEST_SUITE_P(ConnectionValidation, HostsThatAreWrong,
                         ::testing::Values("", "300.1.1.1", "1.2.3", "a..b", "-a.com", "a-.com",
                                           "ftp://a.com", "a.com:21", "a.com/in", "a b", "münchen.de", "[::1",
                                           "[1.2.3.4]", "1:2:3"));

TEST(ConnectionValidation, says_of_a_host_with_a_port_where_the_port_belongs) {
    auto c = valid();
    c.host = "ftp.example.com:2121";
    EXPECT_THAT(validate(c).faults.at(0).problem, ::testing::HasSubstr("field port"));
}

TEST(ConnectionValidation, refuses_line_breaks_and_NUL_in_every_text_and_never_shows_a_secret) {
    auto c = valid();
    c.username = "a\r\nDELE x";
    c.password = Secret("pass\nword");
    c.working_directory = std::string("/in\0x", 5);
    c.ftp.account = "a\rb";
    const auto faults = validate(c).faults;
    EXPECT_THAT(fields(faults),
                UnorderedElementsAre("username", "password", "workingDirectory", "ftp.account"));
    for (const auto& fault : faults)
        if (fault.field == "password") EXPECT_EQ(fault.value, "");
}

TEST(ConnectionValidation, leaves_a_field_with_variables_for_later_and_refuses_what_cannot_be_one) {
    auto c = valid();
    c.host = "${partner.host}";
    c.port = "${port}";
    EXPECT_THAT(faults_of(c), IsEmpty());
    c.username = "${not a name}";
    ASSERT_THAT(faults_of(c), ElementsAre("username"));
    EXPECT_THAT(validate(c).faults[0].problem, ::testing::HasSubstr("'${not a name}'"));
}

TEST(ConnectionValidation, wants_a_user_for_sftp_and_none_for_ftp) {
    auto c = valid();
    c.username.clear();
    EXPECT_THAT(faults_of(c), IsEmpty());
    c.protocol = Protocol::sftp;
    EXPECT_THAT(faults_of(c), ElementsAre("username"));
}

TEST(ConnectionValidation, refuses_a_working_directory_that_climbs_and_an_empty_one) {
    auto c = valid();
    c.working_directory = "/in/../..";
    EXPECT_THAT(faults_of(c), ElementsAre("workingDirectory"));
    c.working_directory = "";
    EXPECT_THAT(faults_of(c), ElementsAre("workingDirectory"));
    c.working_directory = "in/..data";
    EXPECT_THAT(faults_of(c), IsEmpty());
}

TEST(ConnectionValidation, never_repeats_the_password_of_a_proxy) {
    auto c = valid();
    c.proxy = "http://user:s3cret@proxy:3128";
    const auto faults = validate(c).faults;
    ASSERT_THAT(fields(faults), ElementsAre("proxy"));
    EXPECT_EQ(faults[0].value.find("s3cret"), std::string::npos);
    EXPECT_EQ(faults[0].problem.find("s3cret"), std::string::npos);
}

TEST(ConnectionValidation, warns_of_a_port_of_another_protocol) {
    auto c = valid();
    c.protocol = Protocol::ftps;
    c.port = "990";
    EXPECT_THAT(warnings_of(c), ElementsAre("port"));
    c.tls.mode = TlsOptions::Mode::implicit;
    EXPECT_THAT(warnings_of(c), IsEmpty());
    c.port = "21";
    EXPECT_THAT(warnings_of(c), ElementsAre("port"));
}

TEST(ConnectionValidation, warns_when_certificates_are_not_checked_unless_one_is_pinned) {
    auto c = valid();
    c.protocol = Protocol::ftps;
    c.tls.verify = false;
    EXPECT_THAT(warnings_of(c), ElementsAre("tls.verify"));
    c.tls.pin = "SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    EXPECT_THAT(warnings_of(c), IsEmpty());
}

TEST(ConnectionValidation, refuses_a_public_key_and_a_putty_key_where_a_private_one_belongs) {
    auto c = valid();
    c.protocol = Protocol::sftp;
    c.sftp.private_key = Secret("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI user@host");
    EXPECT_THAT(faults_of(c), ElementsAre("sftp.privateKey"));
    c.sftp.private_key = Secret("PuTTY-User-Key-File-3: ssh-ed25519\n");
    EXPECT_THAT(validate(c).faults.at(0).problem, ::testing::HasSubstr("puttygen"));
}

TEST(ConnectionValidation, wants_certificate_and_key_together) {
    auto c = valid();
    c.protocol = Protocol::ftps;
    c.tls.certificate = "no certificate";
    EXPECT_THAT(faults_of(c), UnorderedElementsAre("tls.certificate", "tls.key"));
}

class NamesThatAreRight : public ::testing::TestWithParam<std::string> {};
TEST_P(NamesThatAreRight, are_accepted) {
    EXPECT_TRUE(is_connection_name(GetParam()));
}
INSTANTIATE_TEST_SUITE_P(ConnectionName, NamesThatAreRight,
                         ::testing::Values("a", "7", "My-FTP_2.prod", "inner space", std::string(128, 'x')));

class NamesThatAreWrong : public ::testing::TestWithParam<std::string> {};
TEST_P(NamesThatAreWrong, are_refused) {
    EXPECT_FALSE(is_connection_name(GetParam()));
}
INSTANTIATE_TEST_SUITE_P(ConnectionName, NamesThatAreWrong,
                         ::testing::Values("", " a", "a ", "a/b", "a:b", "ä", "..", ".", "a\tb",
                                           std::string(129, 'x')));

}  // namespace
}  // namespace fairlead::catalog

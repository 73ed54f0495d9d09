#include <gtest/gtest.h>

#include "catalog/url.hpp"
#include "fairlead/error.hpp"
#include "service/location.hpp"

namespace fairlead::service {
namespace {

using Kind = Location::Kind;

std::string field(const Location& location, const char* name) {
    const auto* value = location.fields.fields.if_contains(name);
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : "";
}

ErrorCode code_of(std::string_view text) {
    try {
        parse_location(text);
    } catch (const Error& error) {
        return error.code;
    }
    return ErrorCode::internal;
}

TEST(Location, is_a_connection_when_a_valid_name_stands_before_the_first_colon) {
    const auto location = parse_location("partner:in/a:b.txt");
    EXPECT_EQ(location.kind, Kind::connection);
    EXPECT_EQ(location.connection, "partner");
    EXPECT_EQ(location.path, "/in/a:b.txt");
    EXPECT_FALSE(location.ends_in_slash);
    EXPECT_EQ(parse_location("inner space:/x/").connection, "inner space");
    EXPECT_TRUE(parse_location("inner space:/x/").ends_in_slash);
    EXPECT_EQ(parse_location("partner:").path, "/");
    EXPECT_TRUE(parse_location("partner:").ends_in_slash);
}

TEST(Location, is_a_local_path_when_a_slash_stands_before_the_colon) {
    EXPECT_EQ(parse_location("./a:b").kind, Kind::local);
    EXPECT_EQ(parse_location("/tmp/a:b").kind, Kind::local);
    EXPECT_EQ(parse_location("a.txt").kind, Kind::local);
    EXPECT_EQ(parse_location(":x").kind, Kind::local);
    EXPECT_EQ(parse_location("folder/").path, "folder/");
    EXPECT_EQ(parse_location("-").kind, Kind::standard_stream);
}

TEST(Location, stays_below_the_working_directory) {
    EXPECT_EQ(parse_location("p:a/../b").path, "/b");
    EXPECT_EQ(code_of("p:../x"), ErrorCode::outside_working_directory);
    EXPECT_EQ(code_of("sftp://h/a/../../x"), ErrorCode::outside_working_directory);
}

TEST(Location, refuses_line_breaks_and_NUL) {
    EXPECT_EQ(code_of("p:a\r\nDELE b"), ErrorCode::invalid_argument);
    EXPECT_EQ(code_of("ftp://h/a%0d%0aDELE%20b"), ErrorCode::invalid_argument);
    EXPECT_EQ(code_of("ftp://h/a%00b"), ErrorCode::invalid_argument);
    EXPECT_EQ(code_of("ftp://us%0aer@h/a"), ErrorCode::invalid_argument);
}

TEST(LocationUrl, of_ftp_is_below_the_log_in_directory_unless_it_begins_with_an_encoded_slash) {
    auto location = parse_location("ftp://user@host:2121/in/a%20b.txt");
    EXPECT_EQ(location.kind, Kind::url);
    EXPECT_EQ(field(location, "protocol"), "ftp");
    EXPECT_EQ(field(location, "host"), "host");
    EXPECT_EQ(field(location, "port"), "2121");
    EXPECT_EQ(field(location, "username"), "user");
    EXPECT_EQ(field(location, "workingDirectory"), ".");
    EXPECT_EQ(location.path, "/in/a b.txt");

    location = parse_location("ftp://host/%2Fetc/motd");
    EXPECT_EQ(field(location, "workingDirectory"), "/");
    EXPECT_EQ(location.path, "/etc/motd");
}

TEST(LocationUrl, of_sftp_is_absolute_unless_it_begins_with_a_tilde) {
    auto location = parse_location("sftp://host/etc/motd");
    EXPECT_EQ(field(location, "workingDirectory"), "/");
    EXPECT_EQ(location.path, "/etc/motd");
    location = parse_location("sftp://host/~/a.txt");
    EXPECT_EQ(field(location, "workingDirectory"), ".");
    EXPECT_EQ(location.path, "/a.txt");
    EXPECT_EQ(field(parse_location("sftp://host"), "workingDirectory"), ".");
    EXPECT_EQ(field(parse_location("sftp://host/"), "workingDirectory"), "/");
}

TEST(LocationUrl, tells_implicit_from_explicit_TLS_by_the_scheme) {
    const auto implicit = parse_location("ftps://h/x");
    EXPECT_EQ(implicit.fields.fields.at("tls").at("mode"), "implicit");
    const auto explicit_ = parse_location("FTPES://h/x");
    EXPECT_EQ(explicit_.fields.fields.at("tls").at("mode"), "explicit");
    EXPECT_EQ(field(explicit_, "protocol"), "ftps");
}

TEST(LocationUrl, decodes_names_and_keeps_IPv6_hosts) {
    const auto location = parse_location("sftp://us%40er@[::1]:2222/x%2By");
    EXPECT_EQ(field(location, "username"), "us@er");
    EXPECT_EQ(field(location, "host"), "[::1]");
    EXPECT_EQ(location.path, "/x+y");
}

class PasswordUrls : public ::testing::TestWithParam<const char*> {};
TEST_P(PasswordUrls, are_refused_without_repeating_the_password) {
    try {
        parse_location(GetParam());
        FAIL() << "accepted";
    } catch (const Error& error) {
        EXPECT_EQ(error.code, ErrorCode::invalid_argument);
        EXPECT_EQ((error.message + error.hint).find("s3cret"), std::string::npos);
    }
}
INSTANTIATE_TEST_SUITE_P(LocationUrl, PasswordUrls,
                         ::testing::Values("ftp://user:s3cret@host/x", "ftp://user:s3cret@",
                                           "sftp://:s3cret@h", "sftp://user:s3cret with space@h/x",
                                           "http://user:s3cret@h/"));

TEST(LocationUrl, refuses_what_is_malformed_and_other_schemes) {
    EXPECT_EQ(code_of("http://h/x"), ErrorCode::invalid_argument);
    EXPECT_EQ(code_of("ftp:///x"), ErrorCode::invalid_argument);
    EXPECT_EQ(code_of("ftp://h/a?b"), ErrorCode::invalid_argument);
    EXPECT_EQ(code_of("ftp://h/a#b"), ErrorCode::invalid_argument);
    EXPECT_EQ(code_of("ftp://h/a b"), ErrorCode::invalid_argument);
}

TEST(ConnectionUrl, makes_its_path_the_working_directory_from_the_root_or_below_the_log_in) {
    using catalog::fields_of;
    using catalog::read_url;
    EXPECT_EQ(fields_of(read_url("ftp://h/in/box")).fields.at("workingDirectory"), "/in/box");
    EXPECT_EQ(fields_of(read_url("sftp://h/~/in")).fields.at("workingDirectory"), "in");
    EXPECT_EQ(fields_of(read_url("ftp://h/%2Fsrv")).fields.at("workingDirectory"), "/srv");
    EXPECT_FALSE(fields_of(read_url("ftp://h/")).has("workingDirectory"));
    EXPECT_FALSE(fields_of(read_url("ftp://h")).has("workingDirectory"));
}

}  // namespace
}  // namespace fairlead::service

#include "catalog/secret_reference.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fairlead/error.hpp"

namespace fairlead::catalog {
namespace {

using ::testing::ElementsAre;
using Kind = SecretReference::Kind;

TEST(SecretReference, names_a_variable_a_file_or_a_command) {
    EXPECT_EQ(parse_secret_reference("env:PARTNER_1", "password").name, "PARTNER_1");
    const auto file = parse_secret_reference("file:/run/secrets/a b", "password");
    EXPECT_EQ(file.kind, Kind::file);
    EXPECT_EQ(file.name, "/run/secrets/a b");
    const auto command = parse_secret_reference(R"(command:pass  show "a b" 'c $d' e\ f '')", "password");
    EXPECT_EQ(command.kind, Kind::command);
    EXPECT_THAT(command.words, ElementsAre("pass", "show", "a b", "c $d", "e f", ""));
}

TEST(SecretReference, that_is_malformed_is_refused_with_its_field) {
    for (const auto* wrong : {"env:", "env:1A", "env:A-B", "file:", "file:a", "command:", "command: ", "command:'a",
                              "env:A\nB", "command:a\nb"}) {
        try {
            parse_secret_reference(wrong, "tls.key");
            ADD_FAILURE() << wrong;
        } catch (const Error& error) {
            ASSERT_EQ(error.faults.size(), 1u);
            EXPECT_EQ(error.faults[0].field, "tls.key");
        }
    }
    EXPECT_THROW(parse_secret_reference("command:" + std::string(5000, 'a'), "x"), Error);
}

TEST(SecretReference, is_told_from_a_secret_that_looks_like_one) {
    EXPECT_TRUE(is_secret_reference("env:X"));
    EXPECT_FALSE(is_secret_reference("environment"));
    EXPECT_FALSE(is_secret_reference("literal:env:X"));
    EXPECT_EQ(secret_of_text("literal:env:X").reveal(), "env:X");
    for (const auto* text : {"env:X", "literal:", "literal:env:X", "plain", ""})
        EXPECT_EQ(secret_of_text(text_of_secret(Secret(text)).reveal()).reveal(), text);
}

TEST(SecretReference, stands_among_the_sealed_secrets_in_the_clear) {
    EXPECT_EQ(reference_in(to_sealed("env:X")), "env:X");
    EXPECT_FALSE(reference_in(std::string("\x01 what SecretBox makes")));
    EXPECT_FALSE(reference_in(""));
}

}  // namespace
}  // namespace fairlead::catalog

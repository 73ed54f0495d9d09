#include "sftp/login.hpp"

#include <gtest/gtest.h>

namespace fairlead::sftp {
namespace {

const AllowedMethods kAll{true, true, true, ""};

TEST(SftpLogin, tries_what_the_connection_was_given_before_what_the_agent_holds) {
    Login login({.key = true, .password = true, .agent = true});
    login.allowed(kAll);
    EXPECT_EQ(login.next(), LoginMethod::public_key);
    login.denied(LoginMethod::public_key);
    EXPECT_EQ(login.next(), LoginMethod::password);
    login.denied(LoginMethod::password);
    EXPECT_EQ(login.next(), LoginMethod::agent);
    login.denied(LoginMethod::agent);
    EXPECT_EQ(login.next(), std::nullopt);
}

TEST(SftpLogin, offers_the_password_once_and_not_again_as_keyboard_interactive) {
    Login login({.password = true});
    login.allowed(kAll);
    EXPECT_EQ(login.next(), LoginMethod::password);
    login.denied(LoginMethod::password);
    EXPECT_EQ(login.next(), std::nullopt);
    EXPECT_EQ(login.failure("u", "h:22").code, ErrorCode::authentication_failed);
}

TEST(SftpLogin, answers_keyboard_interactive_where_password_is_off) {
    Login login({.password = true});
    login.allowed({false, false, true, ""});
    EXPECT_EQ(login.next(), LoginMethod::keyboard_interactive);
}

TEST(SftpLogin, goes_on_with_what_is_left_after_a_partial_success) {
    Login login({.key = true, .password = true});
    login.allowed({true, false, false, ""});
    EXPECT_EQ(login.next(), LoginMethod::public_key);
    login.partly(LoginMethod::public_key);
    login.allowed({false, true, false, ""});
    EXPECT_EQ(login.next(), LoginMethod::password);
}

TEST(SftpLogin, says_what_was_tried_and_what_the_server_allows) {
    Login login({.key = true});
    login.allowed({true, false, true, "hostbased"});
    login.next();
    login.denied(LoginMethod::public_key);
    const auto error = login.failure("joe", "h:22");
    EXPECT_NE(error.message.find("public key: refused"), std::string::npos) << error.message;
    EXPECT_NE(error.message.find("publickey, keyboard-interactive, hostbased"), std::string::npos)
        << error.message;
    EXPECT_EQ(error.step, "login");
    EXPECT_FALSE(error.retryable());
}

TEST(SftpLogin, says_when_there_is_no_credential_that_the_server_takes) {
    Login login({.password = true});
    login.allowed({true, false, false, ""});
    EXPECT_EQ(login.next(), std::nullopt);
    EXPECT_NE(login.failure("joe", "h:22").message.find("no credential"), std::string::npos);
}

TEST(SftpLogin, one_hidden_prompt_is_for_the_password) {
    EXPECT_EQ(judge_prompts("", {{"Password: ", false}}), PromptKind::password);
    EXPECT_EQ(judge_prompts("", {{"(joe@host) Kennwort: ", false}}), PromptKind::password);
}

TEST(SftpLogin, codes_and_questions_are_not_for_the_password) {
    EXPECT_EQ(judge_prompts("", {{"Verification code: ", false}}), PromptKind::other);
    EXPECT_EQ(judge_prompts("", {{"Mother's name: ", true}}), PromptKind::other);
    EXPECT_EQ(judge_prompts("", {{"Password: ", false}, {"Code: ", false}}), PromptKind::other);
}

TEST(SftpLogin, an_expired_password_is_recognised_by_its_prompts) {
    EXPECT_EQ(judge_prompts("", {{"New password: ", false}, {"Retype new password: ", false}}),
              PromptKind::new_password);
    EXPECT_EQ(judge_prompts("Your password has expired.", {{"Password: ", false}}), PromptKind::new_password);
}

TEST(SftpLogin, knows_an_encrypted_key_from_a_clear_one) {
    EXPECT_TRUE(
        is_encrypted_key("-----BEGIN OPENSSH PRIVATE KEY-----\n"
                         "b3BlbnNzaC1rZXktdjEAAAAACmFlczI1Ni1jdHIAAAAGYmNyeXB0AAAAGAAAABD\n"));
    EXPECT_FALSE(
        is_encrypted_key("-----BEGIN OPENSSH PRIVATE KEY-----\n"
                         "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW\n"));
    EXPECT_TRUE(is_encrypted_key("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n"));
    EXPECT_TRUE(is_encrypted_key("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"));
    EXPECT_FALSE(is_encrypted_key("-----BEGIN PRIVATE KEY-----\n"));
    EXPECT_FALSE(is_encrypted_key(""));
}

}  // namespace
}  // namespace fairlead::sftp

#include "ftp/login.hpp"

#include <gtest/gtest.h>

#include "fairlead/error.hpp"

namespace fairlead::ftp {
namespace {

Reply reply(const std::string& line) {
    Reply result;
    result.code = std::stoi(line.substr(0, 3));
    result.lines.push_back(line);
    return result;
}

LoginMachine::Credentials anna() {
    return {"anna", Secret("s3cret"), Secret(), false};
}

/// Plays the replies against the machine and says what was sent: "USER anna, PASS s3cret, done".
std::string conversation(LoginMachine::Credentials credentials, std::initializer_list<const char*> replies) {
    LoginMachine machine(std::move(credentials));
    auto action = machine.start();
    std::string said;
    for (const auto* line : replies) {
        said += action.verb + " " + std::string(action.argument.reveal()) + ", ";
        action = machine.resume(reply(line));
    }
    return said + (action.done ? "done" : action.verb + " " + std::string(action.argument.reveal()));
}

Error refused(LoginMachine::Credentials credentials, std::initializer_list<const char*> replies) {
    try {
        conversation(std::move(credentials), replies);
    } catch (const Error& error) {
        EXPECT_EQ(error.step, "login");
        EXPECT_FALSE(error.session_usable);
        EXPECT_EQ(error.message.find("s3cret"), std::string::npos);
        return error;
    }
    ADD_FAILURE() << "the log-in was not refused";
    return Error(ErrorCode::internal, "");
}

TEST(FtpLogin, user_and_password) {
    EXPECT_EQ(conversation(anna(), {"331 password", "230 in"}), "USER anna, PASS s3cret, done");
}

TEST(FtpLogin, landmine_5_user_alone_is_enough) {
    EXPECT_EQ(conversation(anna(), {"230 in"}), "USER anna, done");
    EXPECT_EQ(conversation(anna(), {"232 in, by certificate"}), "USER anna, done");
}

TEST(FtpLogin, landmine_5_a_password_that_was_not_needed) {
    EXPECT_EQ(conversation(anna(), {"331 password", "202 superfluous"}), "USER anna, PASS s3cret, done");
}

TEST(FtpLogin, landmine_5_an_account_after_password_or_user) {
    auto with_account = anna();
    with_account.account = Secret("dept7");
    EXPECT_EQ(conversation(with_account, {"331 password", "332 account", "230 in"}),
              "USER anna, PASS s3cret, ACCT dept7, done");
    EXPECT_EQ(conversation(with_account, {"332 account", "202 fine"}), "USER anna, ACCT dept7, done");
    EXPECT_EQ(conversation(with_account, {"332 account", "331 password", "230 in"}),
              "USER anna, ACCT dept7, PASS s3cret, done");
}

TEST(FtpLogin, landmine_5_a_missing_account_is_named) {
    const auto error = refused(anna(), {"331 password", "332 account"});
    EXPECT_EQ(error.code, ErrorCode::authentication_failed);
    EXPECT_NE(error.message.find("ACCT"), std::string::npos);
    EXPECT_NE(error.hint, "");
}

TEST(FtpLogin, a_wrong_password_is_never_worth_a_retry) {
    for (const auto* line :
         {"530 Login incorrect.", "530 Not logged in", "430 Invalid username or password",
          "530 Too many failed login attempts", "421 Login incorrect, closing", "501 no such user"}) {
        const auto error = refused(anna(), {"331 password", line});
        EXPECT_EQ(error.code, ErrorCode::authentication_failed) << line;
        EXPECT_FALSE(error.retryable()) << line;
        EXPECT_EQ(error.server_reply, line);
    }
}

TEST(FtpLogin, the_password_is_sent_once_only) {
    const auto error = refused(anna(), {"331 password", "331 password again"});
    EXPECT_EQ(error.code, ErrorCode::authentication_failed);
}

TEST(FtpLogin, landmine_4_a_full_server_is_worth_a_retry) {
    for (const auto* line :
         {"530 Sorry, too many users (10) are connected", "421 Service not available",
          "530 The maximum number of allowed clients are already connected.", "530 max clients reached",
          "421 Too many connections (2) from this IP", "450 try later"}) {
        const auto error = refused(anna(), {"331 password", line});
        EXPECT_EQ(error.code, ErrorCode::server_busy) << line;
        EXPECT_TRUE(error.retryable());
    }
}

TEST(FtpLogin, a_server_that_wants_tls_says_so_in_the_hint) {
    for (const auto* line :
         {"530 Non-anonymous sessions must use encryption.", "534 Policy requires SSL.",
          "550 SSL/TLS required on the control channel", "421 Sorry, cleartext sessions are not accepted"}) {
        const auto error = refused(anna(), {line});
        EXPECT_EQ(error.code, ErrorCode::tls_failed) << line;
        EXPECT_NE(error.hint.find("--tls explicit"), std::string::npos);
    }
}

TEST(FtpLogin, a_user_called_after_tls_is_not_told_to_use_it) {
    EXPECT_EQ(
        refused({"tlsbackup", Secret("s3cret"), Secret(), false}, {"530 User tlsbackup cannot log in"}).code,
        ErrorCode::authentication_failed);
}

TEST(FtpLogin, anonymous_by_default) {
    EXPECT_EQ(conversation({}, {"331 e-mail", "230 in"}), "USER anonymous, PASS anonymous@, done");
    EXPECT_EQ(conversation({"ftp", Secret("me@here"), Secret(), false}, {"331 e-mail", "230 in"}),
              "USER ftp, PASS me@here, done");
}

}  // namespace
}  // namespace fairlead::ftp

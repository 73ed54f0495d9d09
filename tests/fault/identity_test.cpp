// Whom we talk to, and who we say we are: nothing secret is sent before the other side has proven itself.
#include "fault/fault.hpp"
#include "support/temporary_folder.hpp"

namespace fairlead::test {
namespace {

using testing::HasSubstr;
using testing::Not;

class Certificates : public testing::TestWithParam<std::string> {
  protected:
    static Server& with(const std::string& certificate) {
        return Server::shared(GetParam(), {"tls=explicit", "certificate=" + certificate});
    }
    static std::string conversation(const Server& server) { return server.log("protocol"); }
};

TEST_P(Certificates, an_expired_one_is_refused_before_any_credential_is_sent) {
    auto& server = with("expired");
    const auto outcome = opening(server.endpoint());
    EXPECT_EQ(outcome.code, "certificate_untrusted") << outcome;
    ASSERT_TRUE(outcome.error.has_value());
    EXPECT_THAT(outcome.error->message, HasSubstr("expired"));
    EXPECT_FALSE(outcome.error->retryable());
    EXPECT_THAT(conversation(server), Not(HasSubstr(server["username"])));
}

TEST_P(Certificates, one_for_another_name_is_refused_before_any_credential_is_sent) {
    auto& server = with("wrong-name");
    const auto outcome = opening(server.endpoint());
    EXPECT_EQ(outcome.code, "certificate_untrusted") << outcome;
    ASSERT_TRUE(outcome.error.has_value());
    EXPECT_THAT(outcome.error->message, testing::AnyOf(HasSubstr("name"), HasSubstr("127.0.0.1")));
    EXPECT_THAT(conversation(server), Not(HasSubstr(server["username"])));
}

TEST_P(Certificates, a_self_signed_one_is_refused_before_any_credential_is_sent) {
    auto& server = with("self-signed");
    const auto outcome = opening(server.endpoint());
    EXPECT_EQ(outcome.code, "certificate_untrusted") << outcome;
    EXPECT_THAT(conversation(server), Not(HasSubstr(server["username"])));
}

TEST_P(Certificates, one_of_an_unknown_authority_is_refused) {
    auto& server = with("server");
    auto endpoint = server.endpoint();
    endpoint.tls.ca = read_file(certificates() / "other-ca.pem");
    EXPECT_EQ(opening(endpoint).code, "certificate_untrusted");
    endpoint.tls.ca.clear();  // the system's authorities
    EXPECT_EQ(opening(endpoint).code, "certificate_untrusted");
}

TEST_P(Certificates, a_bad_one_is_accepted_only_where_checking_was_switched_off) {
    auto endpoint = with("expired").endpoint();
    endpoint.tls.verify = false;
    EXPECT_EQ(opening(endpoint).code, "no error");
}

TEST_P(Certificates, a_pin_takes_the_place_of_the_other_checks) {
    auto& server = with("self-signed");
    auto endpoint = server.endpoint();
    endpoint.tls.verify = false;
    std::string pin;
    {
        Session session(endpoint);
        const auto identity = session.files().peer().identity;
        const auto at = identity.find("SHA256:");
        ASSERT_NE(at, std::string::npos) << identity;
        pin = identity.substr(at, identity.find_first_of(" ,)", at) - at);
        session.close();
    }
    endpoint.tls.verify = true;
    endpoint.tls.pin = pin;
    EXPECT_EQ(opening(endpoint).code, "no error") << pin;
    endpoint.tls.pin = "SHA256:" + std::string(43, 'A') + "=";
    const auto outcome = opening(endpoint);
    EXPECT_EQ(outcome.code, "certificate_untrusted") << outcome;
}

TEST_P(Certificates, a_wrong_password_is_tried_exactly_once) {
    auto& server = with("server");
    auto endpoint = server.endpoint();
    endpoint.password = Secret("wrong-and-secret");
    endpoint.retry_count = 3;
    const auto outcome = opening(endpoint);
    EXPECT_EQ(outcome.code, "authentication_failed") << outcome;
    ASSERT_TRUE(outcome.error.has_value());
    EXPECT_FALSE(outcome.error->retryable());
    EXPECT_THAT(outcome.error->message + outcome.error->server_reply + outcome.error->hint,
                Not(HasSubstr("wrong-and-secret")));
}

INSTANTIATE_TEST_SUITE_P(Of, Certificates, testing::Values("vsftpd", "proftpd"),
                         [](const auto& info) { return info.param; });

TEST(Credentials, a_wrong_password_is_sent_once_and_the_session_ends) {
    ScriptedFtp server;
    server.on("PASS", "530 Login incorrect.");
    const auto outcome = opening(server.endpoint());
    EXPECT_EQ(outcome.code, "authentication_failed") << outcome;
    EXPECT_EQ(server.count("PASS"), 1u);
    EXPECT_EQ(server.count("USER"), 1u);
    EXPECT_EQ(server.connections(), 1u);
}

TEST(Credentials, a_user_that_may_log_in_without_a_password_is_asked_for_none) {  // field.md 5
    ScriptedFtp server;
    server.on("USER", "230 no password needed");
    EXPECT_EQ(opening(server.endpoint()).code, "no error");
    EXPECT_EQ(server.count("PASS"), 0u);
}

TEST(Credentials, an_account_that_is_asked_for_after_the_password_is_given) {  // field.md 5
    ScriptedFtp server;
    server.on("PASS", "332 account please");
    auto endpoint = server.endpoint();
    endpoint.ftp.account = "billing";
    EXPECT_EQ(opening(endpoint).code, "no error");
    EXPECT_THAT(server.commands(), testing::Contains("ACCT billing"));
}

TEST(Credentials, a_superfluous_password_is_success) {  // field.md 5
    ScriptedFtp server;
    server.on("PASS", "202 superfluous");
    EXPECT_EQ(opening(server.endpoint()).code, "no error");
}

TEST(Credentials, too_many_users_is_a_busy_server_and_worth_a_retry) {  // field.md 4
    for (const auto* text : {"530 Sorry, the maximum number of clients (10) are already connected.",
                             "421 Too many users, try again later.", "530 Too many users logged in"}) {
        ScriptedFtp server;
        server.on("PASS", text);
        const auto outcome = opening(server.endpoint());
        EXPECT_EQ(outcome.code, "server_busy") << text << ": " << outcome;
        ASSERT_TRUE(outcome.error.has_value());
        EXPECT_TRUE(outcome.error->retryable());
    }
}

TEST(Credentials, a_full_vsftpd_is_a_busy_server) {  // field.md 4, 43
    Server server("vsftpd", {"max_clients=1"});
    Session first(server.endpoint());
    const auto outcome = opening(server.endpoint());
    EXPECT_EQ(outcome.code, "server_busy") << outcome;
    first.ping();
    first.close();
}

TEST(HostKeys, an_unknown_one_is_refused_before_any_credential_is_sent_and_shown) {
    auto& server = Server::shared("openssh");
    auto endpoint = server.endpoint();
    endpoint.sftp.host_keys.clear();
    const TemporaryFolder folder;
    write_file(folder / "known_hosts", "");
    endpoint.sftp.known_hosts = (folder / "known_hosts").string();
    const auto outcome = opening(endpoint);
    EXPECT_EQ(outcome.code, "host_key_unknown") << outcome;
    ASSERT_TRUE(outcome.error.has_value());
    EXPECT_THAT(outcome.error->message + outcome.error->hint, HasSubstr(server["host_key"]));
}

TEST(HostKeys, a_changed_one_is_refused_before_any_credential_is_sent_and_both_are_shown) {  // field.md 89
    Server server("openssh");
    auto endpoint = server.endpoint();
    const auto pinned = "SHA256:" + std::string(43, 'A');
    endpoint.sftp.host_keys = {pinned};
    endpoint.sftp.accept_new_host_key = true;  // which never means a changed one
    const auto outcome = opening(endpoint);
    EXPECT_EQ(outcome.code, "host_key_mismatch") << outcome;
    ASSERT_TRUE(outcome.error.has_value());
    EXPECT_THAT(outcome.error->message + outcome.error->hint, HasSubstr(server["host_key"]));
    EXPECT_THAT(outcome.error->message + outcome.error->hint, HasSubstr(pinned));
    EXPECT_THAT(server.log("daemon"), Not(HasSubstr(server["username"])));
}

TEST(HostKeys, a_new_one_is_accepted_where_that_was_allowed_and_reported) {
    auto& server = Server::shared("openssh");
    auto endpoint = server.endpoint();
    endpoint.sftp.host_keys.clear();
    endpoint.sftp.accept_new_host_key = true;
    const TemporaryFolder folder;
    write_file(folder / "known_hosts", "");
    endpoint.sftp.known_hosts = (folder / "known_hosts").string();
    Session session(endpoint);
    EXPECT_EQ(session.files().peer().host_key_fingerprint, server["host_key"]);
    EXPECT_TRUE(session.files().peer().host_key_is_new);
    session.close();
}

TEST(HostKeys, a_wrong_password_is_tried_exactly_once) {
    Server server("openssh");
    auto endpoint = server.endpoint();
    endpoint.password = Secret("wrong-and-secret");
    const auto outcome = opening(endpoint);
    EXPECT_EQ(outcome.code, "authentication_failed") << outcome;
    const auto log = server.log("daemon");
    std::size_t attempts = 0;
    for (auto at = log.find("Failed password"); at != std::string::npos;
         at = log.find("Failed password", at + 1))
        ++attempts;
    EXPECT_EQ(attempts, 1u) << log;
}

}  // namespace
}  // namespace fairlead::test

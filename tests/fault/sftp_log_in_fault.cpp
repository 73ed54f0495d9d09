// Log-in and identity over SSH, with OpenSSH's own server: what goes wrong, and what the server saw of it.
#include <gtest/gtest.h>

#include <filesystem>
#include <iterator>

#include "remote/sftp_file_system.hpp"
#include "support/run.hpp"
#include "support/server.hpp"
#include "support/silent_peer.hpp"

namespace fairlead::test {
namespace {

/// A log-in that must fail.
Error refusal(const Endpoint& endpoint) {
    Loop loop;
    try {
        loop.run(open_sftp(endpoint));
    } catch (const Error& error) {
        return error;
    }
    ADD_FAILURE() << "the log-in succeeded";
    return Error(ErrorCode::internal, "");
}

/// Opens, and gives what is known of the other side.
PeerInfo peer_of(const Endpoint& endpoint) {
    Loop loop;
    const auto files = loop.run(open_sftp(endpoint));
    loop.run(files->ping());
    return files->peer();
}

std::size_t count(const std::string& text, std::string_view words) {
    std::size_t found = 0;
    for (auto at = text.find(words); at != std::string::npos; at = text.find(words, at + 1))
        ++found;
    return found;
}

class SftpLogInFault : public ::testing::Test {
  protected:
    void SetUp() override {
        if (server()["password"].empty())
            GTEST_SKIP() << "password log-ins need root, for a throw-away account";
    }
    static Server& server() { return Server::shared("openssh"); }
    static std::size_t seen(std::string_view words) { return count(server().log("daemon"), words); }
};

TEST_F(SftpLogInFault, a_wrong_password_is_offered_once) {
    auto endpoint = server().endpoint();
    endpoint.password = Secret("wrong");
    const auto before = seen("Failed password");
    const auto error = refusal(endpoint);
    EXPECT_EQ(error.code, ErrorCode::authentication_failed);
    EXPECT_EQ(error.step, "login");
    EXPECT_FALSE(error.retryable());
    EXPECT_EQ(error.message.find("wrong"), std::string::npos);
    EXPECT_EQ(seen("Failed password"), before + 1);
}

TEST_F(SftpLogInFault, an_unexpected_host_key_is_refused_before_any_credential_is_sent) {
    auto endpoint = server().endpoint();
    endpoint.sftp.host_keys = {"SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"};
    const auto accepted = seen("Accepted");
    const auto failed = seen("Failed");
    const auto error = refusal(endpoint);
    EXPECT_EQ(error.code, ErrorCode::host_key_mismatch);
    EXPECT_NE(error.message.find(server()["host_key"]), std::string::npos) << error.message;
    EXPECT_EQ(seen("Accepted"), accepted);
    EXPECT_EQ(seen("Failed"), failed);
}

TEST_F(SftpLogInFault, an_unknown_host_key_is_accepted_only_when_asked_to_and_reported_as_new) {
    TemporaryFolder folder;
    auto endpoint = server().endpoint();
    endpoint.sftp.host_keys.clear();
    endpoint.sftp.known_hosts = (folder / "known_hosts").string();
    EXPECT_EQ(refusal(endpoint).code, ErrorCode::host_key_unknown);
    endpoint.sftp.accept_new_host_key = true;
    const auto peer = peer_of(endpoint);
    EXPECT_TRUE(peer.host_key_is_new);
    EXPECT_EQ(peer.host_key_fingerprint, server()["host_key"]);
    endpoint.sftp.accept_new_host_key = false;
    endpoint.sftp.host_keys = {peer.host_key_fingerprint};
    EXPECT_FALSE(peer_of(endpoint).host_key_is_new);
}

TEST_F(SftpLogInFault, a_key_and_then_a_password_log_in_where_the_server_wants_both) {
    Server both("openssh", {"authentication_methods=publickey,password"});
    auto endpoint = both.endpoint();
    const auto one = refusal(endpoint);
    EXPECT_EQ(one.code, ErrorCode::authentication_failed);
    endpoint.sftp.private_key = Secret(read_file(both["private_key"]));
    EXPECT_NO_THROW(peer_of(endpoint));
    endpoint.password = Secret();
    const auto missing = refusal(endpoint);
    EXPECT_NE(missing.message.find("wants more"), std::string::npos) << missing.message;
    EXPECT_NE(missing.message.find("allows: password"), std::string::npos) << missing.message;
}

TEST_F(SftpLogInFault, every_kind_of_key_logs_in) {
    for (const std::string kind : {"ed25519", "rsa", "ecdsa"}) {
        Server kindred("openssh", {"user_key=" + kind, "host_key=" + kind});
        auto endpoint = kindred.endpoint();
        endpoint.password = Secret();
        endpoint.sftp.private_key = Secret(read_file(kindred["private_key"]));
        EXPECT_NO_THROW(peer_of(endpoint)) << kind;
    }
}

TEST_F(SftpLogInFault, text_printed_at_log_in_is_quoted) {
    Server talkative("openssh", {"banner=Welcome to ACME, have a nice day"});
    const auto error = refusal(talkative.endpoint());
    EXPECT_EQ(error.code, ErrorCode::protocol_error);
    EXPECT_NE(error.message.find("Welcome to ACME"), std::string::npos) << error.message;
}

TEST_F(SftpLogInFault, a_server_without_sftp_for_the_user_is_said_to_be_one) {
    Server none("openssh", {"subsystem=/bin/false"});
    const auto error = refusal(none.endpoint());
    EXPECT_NE(error.message.find("SFTP"), std::string::npos) << error.message;
    EXPECT_EQ(error.step, "login");
}

TEST_F(SftpLogInFault, a_server_that_grants_no_session_is_busy) {
    Server full("openssh", {"max_sessions=0"});
    const auto error = refusal(full.endpoint());
    EXPECT_EQ(error.code, ErrorCode::server_busy);
    EXPECT_TRUE(error.retryable());
}

TEST_F(SftpLogInFault, no_algorithm_in_common_is_said_with_both_lists) {
    auto endpoint = server().endpoint();
    endpoint.sftp.ciphers = "aes256-cbc";
    const auto error = refusal(endpoint);
    EXPECT_EQ(error.code, ErrorCode::unsupported);
    EXPECT_NE(error.message.find("aes256-cbc"), std::string::npos) << error.message;
}

/// How many descriptors this process has open.
std::ptrdiff_t open_descriptors() {
    return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {});
}

TEST_F(SftpLogInFault, no_descriptor_stays_open_after_success_or_failure) {
    auto wrong = server().endpoint();
    wrong.password = Secret("wrong");
    peer_of(server().endpoint());
    refusal(wrong);
    const auto before = open_descriptors();
    for (int i = 0; i < 3; ++i) {
        peer_of(server().endpoint());
        refusal(wrong);
    }
    EXPECT_EQ(open_descriptors(), before);
}

TEST(SftpSilence, a_peer_that_never_speaks_is_given_up_in_the_key_exchange) {
    for (const std::string greeting : {"", "SSH-2.0-Silent_1.0\r\n"}) {
        SilentPeer peer(greeting);
        Endpoint endpoint;
        endpoint.protocol = Protocol::sftp;
        endpoint.host = "127.0.0.1";
        endpoint.port = peer.port();
        endpoint.username = "joe";
        endpoint.timeouts.connect = std::chrono::milliseconds(200);
        const auto error = refusal(endpoint);
        EXPECT_EQ(error.code, ErrorCode::timeout) << greeting;
        EXPECT_EQ(error.step, "secure");
    }
}

TEST(SftpSilence, a_peer_that_is_no_ssh_server_or_closes_at_once_is_a_lost_connection) {
    for (const std::string greeting : {"HTTP/1.0 400 Bad Request\r\n\r\n", ""}) {
        SilentPeer peer(greeting, 0, SilentPeer::Then::close);
        Endpoint endpoint;
        endpoint.protocol = Protocol::sftp;
        endpoint.host = "127.0.0.1";
        endpoint.port = peer.port();
        endpoint.username = "joe";
        endpoint.timeouts.connect = std::chrono::seconds(5);
        const auto error = refusal(endpoint);
        EXPECT_EQ(error.code, ErrorCode::connection_lost) << greeting;
        EXPECT_EQ(error.step, "secure");
    }
}

}  // namespace
}  // namespace fairlead::test

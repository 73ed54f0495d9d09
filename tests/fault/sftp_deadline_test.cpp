#include "fault/fault.hpp"
#include "support/temporary_folder.hpp"

namespace fairlead::test {
namespace {

Endpoint sftp_endpoint(std::uint16_t port) {
    Endpoint endpoint;
    endpoint.protocol = Protocol::sftp;
    endpoint.host = "127.0.0.1";
    endpoint.port = port;
    endpoint.username = "tester";
    endpoint.password = Secret("open sesame");
    endpoint.sftp.use_agent = false;
    endpoint.sftp.accept_new_host_key = true;
    endpoint.timeouts = {700ms, 700ms, 700ms};
    return endpoint;
}

TEST(SftpDeadlines, a_peer_without_a_version_line_is_a_timeout) {
    SilentPeer peer;
    const auto outcome = opening(sftp_endpoint(peer.port()));
    EXPECT_EQ(outcome.code, "timeout") << outcome;
    EXPECT_LT(outcome.took, 6s) << outcome;
}

TEST(SftpDeadlines, a_peer_that_is_silent_after_its_version_is_a_timeout) {
    SilentPeer peer("SSH-2.0-Silent_1.0\r\n", 20);
    const auto outcome = opening(sftp_endpoint(peer.port()));
    EXPECT_EQ(outcome.code, "timeout") << outcome;
    EXPECT_LT(outcome.took, 6s) << outcome;
}

TEST(SftpDeadlines, a_peer_that_closes_in_the_handshake_is_an_error_at_once) {
    SilentPeer peer("SSH-2.0-Hasty_1.0\r\n", 20, SilentPeer::Then::close);
    auto endpoint = sftp_endpoint(peer.port());
    endpoint.timeouts = {20s, 20s, 20s};
    const auto outcome = opening(endpoint);
    EXPECT_THAT(outcome.code, testing::AnyOf("connection_lost", "protocol_error")) << outcome;
    EXPECT_LT(outcome.took, 10s) << outcome;
}

TEST(SftpDeadlines, a_peer_that_resets_in_the_handshake_is_an_error_at_once) {
    SilentPeer peer("SSH-2.0-Rude_1.0\r\n", 20, SilentPeer::Then::reset);
    auto endpoint = sftp_endpoint(peer.port());
    endpoint.timeouts = {20s, 20s, 20s};
    const auto outcome = opening(endpoint);
    EXPECT_THAT(outcome.code, testing::AnyOf("connection_lost", "protocol_error")) << outcome;
    EXPECT_LT(outcome.took, 10s) << outcome;
}

TEST(SftpDeadlines, an_ftp_server_at_the_port_is_told_apart_from_an_ssh_server) {
    ScriptedFtp server;
    auto endpoint = sftp_endpoint(server.port());
    endpoint.timeouts = {5s, 5s, 5s};
    const auto outcome = opening(endpoint);
    EXPECT_THAT(outcome.code, testing::AnyOf("protocol_error", "connection_lost", "timeout")) << outcome;
    EXPECT_LT(outcome.took, 15s) << outcome;
}

TEST(SftpDeadlines, cancelling_the_handshake_ends_it_at_once) {
    SilentPeer peer("SSH-2.0-Silent_1.0\r\n");
    auto endpoint = sftp_endpoint(peer.port());
    endpoint.timeouts = {30s, 30s, 30s};
    Loop loop;
    const auto outcome = outcome_of(
        [&] { loop.run_and_cancel(open_and_close(endpoint), [&] { return peer.connections() > 0; }); });
    EXPECT_EQ(outcome.code, "cancelled") << outcome;
    EXPECT_LT(outcome.took, 5s);
}

TEST(SftpDeadlines, a_subsystem_that_never_answers_is_a_timeout) {
    Server server("openssh", {"subsystem=/bin/sleep 30"});
    auto endpoint = server.endpoint();
    endpoint.timeouts = {10s, 1s, 1s};
    const auto outcome = opening(endpoint);
    EXPECT_EQ(outcome.code, "timeout") << outcome;
    EXPECT_LT(outcome.took, 8s) << outcome;
}

TEST(SftpDeadlines, a_subsystem_that_ends_at_once_is_an_error_at_once) {
    Server server("openssh", {"subsystem=/bin/false"});
    const auto outcome = opening(server.endpoint());
    EXPECT_THAT(outcome.code, testing::AnyOf("connection_lost", "unsupported", "protocol_error")) << outcome;
    EXPECT_LT(outcome.took, 10s) << outcome;
}

TEST(SftpDeadlines, a_shell_that_prints_at_login_is_named_as_the_cause) {  // field.md 100
    Server server("openssh", {"banner=Welcome to this machine"});
    const auto outcome = opening(server.endpoint());
    EXPECT_EQ(outcome.code, "protocol_error") << outcome;
    ASSERT_TRUE(outcome.error.has_value());
    EXPECT_THAT(outcome.error->message + outcome.error->hint, testing::HasSubstr("prints")) << outcome;
}

}  // namespace
}  // namespace fairlead::test

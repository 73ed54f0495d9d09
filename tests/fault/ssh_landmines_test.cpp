// SSH servers with unusual demands and limits, all of them real.
#include <sys/socket.h>

#include <thread>

#include "fault/fault.hpp"
#include "support/peer_socket.hpp"
#include "support/process.hpp"
#include "support/temporary_folder.hpp"

namespace fairlead::test {
namespace {

using testing::AnyOf;
using testing::ElementsAre;

void expect_files_go_both_ways(const Server& server, const Endpoint& endpoint, std::size_t size = 100'000) {
    Session session(endpoint);
    const auto content = noise(size);
    session.write("/up", content);
    EXPECT_TRUE(read_file(server.root() / "up") == content);
    EXPECT_TRUE(session.read("/up") == content);
    EXPECT_THAT(session.names("/"), ElementsAre("up"));
    session.close();
}

Endpoint with_key(const Server& server) {
    auto endpoint = server.endpoint();
    endpoint.password = Secret();
    endpoint.sftp.private_key = Secret(read_file(server["private_key"]));
    return endpoint;
}

TEST(SshKeys, of_every_kind_log_in) {
    for (const auto* kind : {"user_key=ed25519", "user_key=rsa", "user_key=ecdsa"}) {
        Server server("openssh", {kind});
        SCOPED_TRACE(kind);
        expect_files_go_both_ways(server, with_key(server));
    }
}

TEST(SshKeys, of_every_kind_identify_the_host) {
    for (const auto* kind : {"host_key=rsa", "host_key=ecdsa"}) {
        Server server("openssh", {kind});
        SCOPED_TRACE(kind);
        expect_files_go_both_ways(server, server.endpoint());
    }
}

TEST(SshKeys, log_in_to_mod_sftp) {
    auto& server = Server::shared("proftpd-sftp");
    expect_files_go_both_ways(server, with_key(server));
}

TEST(SshKeys, with_a_passphrase_need_the_right_one) {
    Server server("openssh");
    const TemporaryFolder folder;
    const auto file = (folder / "key").string();
    write_file(file, read_file(server["private_key"]));
    std::filesystem::permissions(file,
                                 std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    ASSERT_EQ(run_process({"ssh-keygen", "-q", "-p", "-N", "let me in", "-f", file}).status, 0);
    auto endpoint = with_key(server);
    endpoint.sftp.private_key = Secret(read_file(file));
    endpoint.sftp.passphrase = Secret("let me in");
    expect_files_go_both_ways(server, endpoint);
    endpoint.sftp.passphrase = Secret("wrong");
    const auto outcome = opening(endpoint);
    EXPECT_THAT(outcome.code, AnyOf("authentication_failed", "invalid_argument")) << outcome;
    EXPECT_FALSE(outcome.error->retryable());
}

TEST(SshKeys, that_the_server_does_not_know_are_refused) {
    Server server("openssh");
    Server other("openssh");
    auto endpoint = with_key(server);
    endpoint.sftp.private_key = Secret(read_file(other["private_key"]));
    const auto outcome = opening(endpoint);
    EXPECT_EQ(outcome.code, "authentication_failed") << outcome;
}

/// Stands before a server and says something of its own first.
class Greeter {
  public:
    Greeter(std::uint16_t port, std::string words) {
        thread_ = std::thread([this, port, words = std::move(words)] {
            try {
                auto client = listener_.accept();
                client.write(words);
                auto server = connect_to("127.0.0.1", port);
                std::thread back([&] { pump(server, client); });
                pump(client, server);
                back.join();
            } catch (const PeerGone&) {
            }
        });
    }
    ~Greeter() {
        listener_.stop();
        thread_.join();
    }
    std::uint16_t port() const { return listener_.port(); }

  private:
    static void pump(PeerSocket& from, PeerSocket& to) {
        try {
            for (auto bytes = from.read_some(); !bytes.empty(); bytes = from.read_some())
                to.write(bytes);
            to.shutdown_sending();
        } catch (const PeerGone&) {
            ::shutdown(to.descriptor(), SHUT_RDWR);
        }
    }
    PeerListener listener_;
    std::thread thread_;
};

TEST(Landmine86, lines_before_the_version_are_passed_over) {
    Server server("openssh");
    const Greeter greeter(static_cast<std::uint16_t>(server.endpoint().port),
                          "Authorized users only.\r\n" + std::string(200, '*') + "\r\nSSH is next\r\n");
    auto endpoint = server.endpoint();
    endpoint.port = greeter.port();
    expect_files_go_both_ways(server, endpoint);
}

// sshd ends the session, and keeps to itself what its own words for that are (subsystems have no stderr).
TEST(Landmine94, a_password_that_has_expired_is_named_as_a_cause) {
    Server server("openssh");
    ASSERT_EQ(run_process({"chage", "-d", "0", server["username"]}).status, 0);
    const auto outcome = opening(server.endpoint());
    ASSERT_TRUE(outcome.error.has_value());
    EXPECT_EQ(outcome.error->step, "login") << outcome;
    EXPECT_THAT(outcome.error->hint, testing::HasSubstr("expired")) << outcome;
}

TEST(Landmine116, paths_are_those_of_sftp_and_never_those_of_a_shell) {
    const TemporaryFolder elsewhere;
    Server server("openssh", {"subsystem=internal-sftp -d /usr"});  // its shell begins in the account's home
    auto endpoint = server.endpoint();
    endpoint.working_directory = "~";
    Session session(endpoint);
    EXPECT_THAT(session.names("/"), testing::Contains("bin"));
}

TEST(Landmine91, a_hidden_prompt_is_answered_with_the_password_where_the_password_method_is_off) {
    Server server("openssh", {"keyboard_interactive=yes"});
    expect_files_go_both_ways(server, server.endpoint());
}

TEST(Landmine92, a_key_and_then_the_password) {
    Server server("openssh", {"authentication_methods=publickey,password"});
    auto endpoint = with_key(server);
    endpoint.password = Secret(server["password"]);
    expect_files_go_both_ways(server, endpoint);
    endpoint.password = Secret("wrong");
    EXPECT_EQ(opening(endpoint).code, "authentication_failed");
}

TEST(Landmine92, the_password_and_then_a_key) {
    Server server("openssh", {"authentication_methods=password,publickey"});
    auto endpoint = with_key(server);
    endpoint.password = Secret(server["password"]);
    expect_files_go_both_ways(server, endpoint);
}

TEST(Landmine95, new_keys_in_the_middle_of_a_transfer_lose_nothing) {
    Server server("openssh", {"rekey_limit=1M"});
    expect_files_go_both_ways(server, server.endpoint(), 24'000'000);
}

TEST(Landmine98, a_server_that_admits_no_channel_is_an_error_at_once) {
    Server server("openssh", {"max_sessions=0"});
    const auto outcome = opening(server.endpoint());
    EXPECT_THAT(outcome.code, AnyOf("server_busy", "permission_denied", "unsupported", "connection_lost"))
        << outcome;
    EXPECT_LT(outcome.took, 10s);
}

TEST(SshCiphers, of_every_kind_that_servers_still_insist_on) {
    for (const auto* cipher : {"ciphers=aes128-gcm@openssh.com", "ciphers=aes256-gcm@openssh.com",
                               "ciphers=chacha20-poly1305@openssh.com", "ciphers=aes256-ctr"}) {
        Server server("openssh", {cipher});
        SCOPED_TRACE(cipher);
        expect_files_go_both_ways(server, server.endpoint(), 2'000'000);
    }
}

TEST(SshCiphers, that_only_legacy_allows_are_refused_without_it) {
    Server server("openssh", {"ciphers=aes128-cbc"});
    auto endpoint = server.endpoint();
    const auto outcome = opening(endpoint);
    EXPECT_THAT(outcome.code, AnyOf("protocol_error", "unsupported", "connection_lost")) << outcome;
    EXPECT_FALSE(outcome.error->message.empty());
    endpoint.sftp.legacy = true;
    expect_files_go_both_ways(server, endpoint);
}

TEST(SftpLimits, a_read_only_server_is_permission_denied_and_nothing_is_written) {
    Server server("openssh", {"subsystem_arguments=-R"});
    write_file(server.root() / "a", "hello");
    Session session(server.endpoint());
    EXPECT_EQ(session.read("/a"), "hello");
    EXPECT_EQ(outcome_of([&] { session.write("/b", "x"); }).code, "permission_denied");
    EXPECT_EQ(outcome_of([&] { session.remove("/a"); }).code, "permission_denied");
    EXPECT_EQ(outcome_of([&] { session.make_directory("/d"); }).code, "permission_denied");
    EXPECT_EQ(session.read("/a"), "hello");
}

TEST(SftpLimits,
     a_full_disk_at_the_server_is_an_error_by_the_end_of_the_file_at_the_latest) {  // field.md 121, 122
    auto& server = Server::shared("openssh");
    std::filesystem::remove(server.root() / "full");
    std::filesystem::create_symlink("/dev/full",
                                    server.root() / "full");  // every write there fails with ENOSPC
    Session session(server.endpoint());
    for (const std::size_t size : {std::size_t{1}, std::size_t{5'000'000}}) {
        const auto outcome = outcome_of([&] { session.write("/full", noise(size)); });
        EXPECT_NE(outcome.code, "no error") << size;
        ASSERT_TRUE(outcome.error.has_value());
        EXPECT_EQ(outcome.error->path, "/full");
        EXPECT_FALSE(outcome.error->server_reply.empty()) << outcome;
        session.ping();
    }
    std::filesystem::remove(server.root() / "full");
}

TEST(SftpLimits, a_server_without_the_rename_extension_still_replaces_nothing_unasked) {
    Server server("openssh", {"subsystem_arguments=-P posix-rename"});
    write_file(server.root() / "a", "new");
    write_file(server.root() / "b", "old");
    Session session(server.endpoint());
    EXPECT_EQ(outcome_of([&] { session.rename("/a", "/b"); }).code, "already_exists");
    EXPECT_EQ(read_file(server.root() / "b"), "old");
}

}  // namespace
}  // namespace fairlead::test

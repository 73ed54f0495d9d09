#include "sftp/host_key.hpp"

#include <gtest/gtest.h>

#include "sftp/algorithms.hpp"
#include "support/temporary_folder.hpp"

namespace fairlead::sftp {
namespace {

const HostKey kShown{"ssh-ed25519", "SHA256:shown"};

Error refusal(const std::vector<KnownHostKey>& known, const SftpOptions& options) {
    try {
        check_host_key(kShown, known, options, "h:22");
    } catch (const Error& error) {
        return error;
    }
    ADD_FAILURE() << "the key was accepted";
    return Error(ErrorCode::internal, "");
}

TEST(SftpHostKey, a_known_key_is_accepted) {
    EXPECT_FALSE(check_host_key(kShown, {{kShown, "f:1"}}, {}, "h:22"));
}

TEST(SftpHostKey, an_unknown_key_is_refused_with_the_option_that_would_accept_it) {
    const auto error = refusal({}, {});
    EXPECT_EQ(error.code, ErrorCode::host_key_unknown);
    EXPECT_NE(error.message.find("SHA256:shown"), std::string::npos);
    EXPECT_NE(error.hint.find("--host-key SHA256:shown"), std::string::npos);
    EXPECT_EQ(error.step, "identity");
}

TEST(SftpHostKey, an_unknown_key_is_accepted_on_first_use_where_that_is_wanted) {
    SftpOptions options;
    options.accept_new_host_key = true;
    EXPECT_TRUE(check_host_key(kShown, {}, options, "h:22"));
}

TEST(SftpHostKey, a_changed_key_is_refused_even_when_new_ones_are_accepted) {
    SftpOptions options;
    options.accept_new_host_key = true;
    const auto error = refusal({{{"ssh-ed25519", "SHA256:old"}, "f:1"}}, options);
    EXPECT_EQ(error.code, ErrorCode::host_key_mismatch);
    EXPECT_NE(error.message.find("SHA256:old"), std::string::npos);
    EXPECT_NE(error.message.find("SHA256:shown"), std::string::npos);
}

TEST(SftpHostKey, a_key_of_another_type_is_unknown_and_not_changed) {  // field.md 88
    SftpOptions options;
    options.accept_new_host_key = true;
    EXPECT_EQ(refusal({{{"ssh-rsa", "SHA256:old"}, "f:1"}}, options).code, ErrorCode::host_key_unknown);
}

TEST(SftpHostKey, a_pin_decides_alone) {
    SftpOptions options;
    options.host_keys = {"SHA256:other", "SHA256:shown="};
    EXPECT_FALSE(check_host_key(kShown, {{{"ssh-ed25519", "SHA256:old"}, "f:1"}}, options, "h:22"));
    options.host_keys = {"SHA256:other"};
    options.accept_new_host_key = true;
    EXPECT_EQ(refusal({{kShown, "f:1"}}, options).code, ErrorCode::host_key_mismatch);
}

TEST(SftpHostKey, a_revoked_key_is_refused_even_when_pinned) {
    SftpOptions options;
    options.host_keys = {"SHA256:shown"};
    EXPECT_EQ(refusal({{kShown, "f:1", true}}, options).code, ErrorCode::host_key_mismatch);
}

class KnownHosts : public ::testing::Test {
  protected:
    static constexpr std::string_view kKey =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICiTUJQsGN+OZGdMT7UE5Y02JMgdqeRYSUKXQw0RnIen";

    std::vector<KnownHostKey> read(const std::string& content, const std::string& host, std::uint16_t port) {
        const auto file = folder_.path() / "known_hosts";
        test::write_file(file, content);
        return read_known_hosts({file.string(), (folder_.path() / "missing").string()}, host, port);
    }
    test::TemporaryFolder folder_;
};

TEST_F(KnownHosts, are_found_by_name_and_by_name_with_port) {
    const auto content = "# a comment\nfiles.example.org,192.0.2.1 " + std::string(kKey) +
                         "\n[files.example.org]:2222 " + std::string(kKey) + "\n";
    EXPECT_EQ(read(content, "files.example.org", 22).size(), 1u);
    EXPECT_EQ(read(content, "FILES.example.org", 22).size(), 1u);
    EXPECT_EQ(read(content, "files.example.org", 2222).size(), 1u);
    EXPECT_EQ(read(content, "files.example.org", 2223).size(), 0u);
    EXPECT_EQ(read(content, "other.example.org", 22).size(), 0u);
    const auto found = read(content, "192.0.2.1", 22);
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].key.type, "ssh-ed25519");
    EXPECT_EQ(found[0].key.fingerprint, "SHA256:OxljzscSXNBMWndDqgb7Yw2fzJiMUfWRbNP6CMGJwkc");
    EXPECT_TRUE(found[0].where.ends_with("known_hosts:2"));
}

TEST_F(KnownHosts, are_found_by_a_hashed_name) {
    // What ssh-keygen -H makes of "[files.example.org]:2222".
    const auto content =
        "|1|wP83/8Nlny7cesTnwahvM/Paoh8=|LqMIKBNMnFcfU4/VEhl0t45rcb4= " + std::string(kKey) + "\n";
    EXPECT_EQ(read(content, "files.example.org", 2222).size(), 1u);
    EXPECT_EQ(read(content, "files.example.org", 22).size(), 0u);
}

TEST_F(KnownHosts, damaged_lines_are_passed_over_and_marks_are_seen) {
    const auto content =
        "files.example.org ssh-ed25519 not-base64\nfiles.example.org\n@revoked files.example.org " +
        std::string(kKey) + "\n@cert-authority *.example.org " + std::string(kKey) + "\n";
    const auto found = read(content, "files.example.org", 22);
    ASSERT_EQ(found.size(), 1u);
    EXPECT_TRUE(found[0].revoked);
}

TEST(SftpAlgorithms, ask_for_the_known_type_of_host_key_first) {  // field.md 88
    EXPECT_EQ(known_types_first("ssh-ed25519,ecdsa-sha2-nistp256,rsa-sha2-512,rsa-sha2-256", {"ssh-rsa"}),
              "rsa-sha2-512,rsa-sha2-256,ssh-ed25519,ecdsa-sha2-nistp256");
}

TEST(SftpAlgorithms, old_ones_are_offered_only_in_the_legacy_profile) {
    SftpOptions options;
    EXPECT_EQ(choose_algorithms(options).key_exchanges.find("sha1"), std::string::npos);
    EXPECT_TRUE(
        choose_algorithms(options).ciphers.starts_with("aes128-gcm@openssh.com,aes256-gcm@openssh.com"));
    options.legacy = true;
    EXPECT_NE(choose_algorithms(options).key_exchanges.find("diffie-hellman-group1-sha1"), std::string::npos);
    EXPECT_TRUE(choose_algorithms(options).host_keys.ends_with(",ssh-rsa"));
}

TEST(SftpAlgorithms, the_connections_own_lists_stand_as_they_are) {
    SftpOptions options;
    options.ciphers = "aes256-ctr";
    options.legacy = true;
    EXPECT_EQ(choose_algorithms(options).ciphers, "aes256-ctr");
}

TEST(SftpAlgorithms, families_are_one_per_type_of_key) {
    const auto families = by_key_type("ssh-ed25519,rsa-sha2-512,rsa-sha2-256");
    ASSERT_EQ(families.size(), 2u);
    EXPECT_EQ(families[1], "rsa-sha2-512,rsa-sha2-256");
}

}  // namespace
}  // namespace fairlead::sftp

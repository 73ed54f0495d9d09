#include "bundle/rclone.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fairlead/error.hpp"
#include "unit/bundle_support.hpp"

namespace fairlead::bundle {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Rclone, passwords_are_revealed_as_rclone_obscures_them) {
    // Made by `rclone obscure`.
    EXPECT_EQ(reveal_rclone("q3aixMcWsvRzWupNy0Sl6W-FOHzk7pSK")->reveal(), "pLain pw");
    EXPECT_FALSE(reveal_rclone("short"));
    EXPECT_FALSE(reveal_rclone("no base64 at all!"));
    EXPECT_FALSE(reveal_rclone(""));
}

TEST(Rclone, remotes_of_both_protocols_become_connections) {
    const auto drafts = read_rclone(R"(# comment
[partner]
type = sftp
host = sftp.example.com
user = alice
port = 2222
pass = q3aixMcWsvRzWupNy0Sl6W-FOHzk7pSK
key_file = ~/.ssh/partner
known_hosts_file = /etc/ssh/known
ciphers = aes128-ctr aes256-ctr
use_insecure_cipher = true
server_command = sudo sftp-server

[Büro ftp]
type = ftp
host = ftp.example.com
explicit_tls = true
no_check_certificate = true
disable_mlsd = true
concurrency = 7

[old]
type = ftp
host = 10.0.0.1
tls = true

[cloud]
type = s3
provider = AWS
)",
                                    {"bob", {}});
    ASSERT_EQ(drafts.drafts.size(), 3u);
    const auto partner = made(drafts.drafts[0]);
    EXPECT_EQ(partner.name, "partner");
    EXPECT_EQ(partner.protocol, Protocol::sftp);
    EXPECT_EQ(partner.host, "sftp.example.com");
    EXPECT_EQ(partner.port, "2222");
    EXPECT_EQ(partner.username, "alice");
    EXPECT_EQ(partner.password.reveal(), "pLain pw");
    EXPECT_EQ(partner.sftp.known_hosts, "/etc/ssh/known");
    EXPECT_EQ(partner.sftp.ciphers, "aes128-ctr,aes256-ctr");
    EXPECT_TRUE(partner.sftp.legacy);
    EXPECT_EQ(drafts.drafts[0].files.at("sftp.privateKey"), "~/.ssh/partner");
    EXPECT_THAT(drafts.drafts[0].notes, ElementsAre(HasSubstr("server_command")));

    const auto office = made(drafts.drafts[1]);
    EXPECT_EQ(office.name, "B-ro ftp");
    EXPECT_EQ(drafts.drafts[1].origin, "Büro ftp");
    EXPECT_EQ(office.protocol, Protocol::ftps);
    EXPECT_EQ(office.tls.mode, TlsOptions::Mode::explicit_);
    EXPECT_FALSE(office.tls.verify);
    EXPECT_FALSE(office.ftp.use_mlsd);
    EXPECT_EQ(office.username, "bob") << "as rclone: who is logged in here";
    EXPECT_EQ(office.max_sessions, 7u);
    EXPECT_EQ(made(drafts.drafts[2]).tls.mode, TlsOptions::Mode::implicit);

    ASSERT_EQ(drafts.skipped.size(), 1u);
    EXPECT_EQ(drafts.skipped[0].origin, "cloud");
    EXPECT_THAT(drafts.skipped[0].reason, HasSubstr("s3"));
}

TEST(Rclone, keys_inside_proxies_and_missing_passwords) {
    const auto drafts = read_rclone(
        "[a]\ntype=sftp\nhost=h\nuser=u\nkey_pem=-----BEGIN KEY-----\\nabc\\n-----END KEY-----\npass=???\n"
        "[b]\ntype=ftp\nhost=h\nuser=u\nsocks_proxy=me:pw@proxy:1080\nask_password=true\n",
        {});
    EXPECT_EQ(drafts.drafts[0].fields.secrets.at("sftp.privateKey").reveal(),
              "-----BEGIN KEY-----\nabc\n-----END KEY-----\n");
    EXPECT_THAT(drafts.drafts[0].to_enter, ElementsAre("password"));
    EXPECT_THAT(drafts.drafts[0].notes, Contains(HasSubstr("host key")));
    EXPECT_EQ(made(drafts.drafts[1]).proxy, "socks5://me@proxy:1080");
    EXPECT_EQ(made(drafts.drafts[1]).proxy_password.reveal(), "pw");
    EXPECT_THAT(drafts.drafts[1].to_enter, ElementsAre("password"));
}

TEST(Rclone, an_encrypted_or_empty_configuration_is_refused_with_a_way_out) {
    try {
        read_rclone("# Encrypted rclone configuration File\n\nRCLONE_ENCRYPT_V0:\nabc", {});
        FAIL();
    } catch (const Error& error) {
        EXPECT_THAT(error.hint, HasSubstr("rclone config show"));
    }
    EXPECT_THROW(read_rclone("", {}), Error);
    EXPECT_TRUE(looks_like_rclone("[a]\ntype = crypt\n"));
    EXPECT_FALSE(looks_like_rclone("Host a\n  Port 22\n"));
}

TEST(Names, are_valid_and_different) {
    Names names;
    EXPECT_EQ(names.next("a"), "a");
    EXPECT_EQ(names.next("A"), "A-2");
    EXPECT_EQ(names.next("a"), "a-3");
    EXPECT_EQ(names.next("x@y:z"), "x-y-z");
    EXPECT_EQ(names.next(".."), "connection");
    EXPECT_EQ(names.next(""), "connection-2");
    EXPECT_EQ(names.next(std::string(200, 'n')).size(), 128u);
    EXPECT_EQ(names.next(std::string(200, 'n')).size(), 128u);
}

}  // namespace
}  // namespace fairlead::bundle

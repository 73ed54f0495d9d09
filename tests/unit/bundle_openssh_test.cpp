#include "bundle/openssh.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fairlead/error.hpp"
#include "unit/bundle_support.hpp"

namespace fairlead::bundle {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> names_of(const Drafts& drafts) {
    std::vector<std::string> names;
    for (const auto& draft : drafts.drafts)
        names.push_back(draft.name);
    return names;
}

TEST(OpenSsh, hosts_take_the_first_value_of_every_block_that_matches) {
    const auto drafts = read_openssh(R"(
# before any Host: for everybody
ConnectTimeout 7
Host partner p2
    HostName=sftp.example.com
    User alice
    Port = 2222
    IdentityFile "~/.ssh/the key"
    IdentityFile ~/.ssh/other
    ProxyJump bastion
Host bastion
    HostName %h.example.com
Host *.internal !secret.internal
    User ops
Host a.internal secret.internal
Host *
    User nobody
    Ciphers aes128-ctr,aes256-ctr
    MACs +hmac-sha1
    StrictHostKeyChecking accept-new
)",
                                     {"me", {}});
    EXPECT_THAT(names_of(drafts), ElementsAre("partner", "p2", "bastion", "a.internal", "secret.internal"));
    const auto partner = made(drafts.drafts[0]);
    EXPECT_EQ(partner.protocol, Protocol::sftp);
    EXPECT_EQ(partner.host, "sftp.example.com");
    EXPECT_EQ(partner.username, "alice");
    EXPECT_EQ(partner.port, "2222");
    EXPECT_EQ(partner.connect_timeout_seconds, 7u);
    EXPECT_EQ(partner.sftp.ciphers, "aes128-ctr,aes256-ctr");
    EXPECT_TRUE(partner.sftp.accept_new_host_key);
    EXPECT_EQ(drafts.drafts[0].files.at("sftp.privateKey"), "~/.ssh/the key");
    EXPECT_THAT(drafts.drafts[0].notes, Contains(HasSubstr("ProxyJump is not carried over")));
    EXPECT_THAT(drafts.drafts[0].notes, Contains(HasSubstr("macs changes ssh's own list")));
    EXPECT_THAT(drafts.drafts[0].notes, Contains(HasSubstr("of several IdentityFile")));
    EXPECT_EQ(made(drafts.drafts[2]).host, "bastion.example.com");
    EXPECT_EQ(made(drafts.drafts[3]).username, "ops");
    EXPECT_EQ(made(drafts.drafts[4]).username, "nobody") << "negated";
}

TEST(OpenSsh, match_blocks_count_where_that_can_be_known) {
    const auto drafts = read_openssh(R"(
Match host *.example.com
  User matched
Match exec "test -f /x"
  User executed
Host a
  HostName a.example.com
Host b
Match all
  Port 2022
Match host a.example.com
  ConnectTimeout 9
)",
                                     {"me", {}});
    ASSERT_THAT(names_of(drafts), ElementsAre("a", "b"));
    EXPECT_EQ(made(drafts.drafts[0]).port, "2022");
    EXPECT_EQ(made(drafts.drafts[0]).username, "me") << "HostName was not known yet where that block stands";
    EXPECT_EQ(made(drafts.drafts[0]).connect_timeout_seconds, 9u);
    EXPECT_EQ(made(drafts.drafts[1]).connect_timeout_seconds, std::nullopt);
    EXPECT_THAT(drafts.notes, ElementsAre(HasSubstr("Match exec")));
}

TEST(OpenSsh, included_files_are_read_in_their_place_and_not_for_ever) {
    const Surroundings surroundings{"me", [](const std::string& pattern) -> std::vector<std::string> {
                                        if (pattern == "conf.d/*") return {"Host inner\n Port 1\n", "Port 9\n"};
                                        return {};
                                    }};
    const auto drafts = read_openssh("Include conf.d/*\nHost outer\n Port 2\n", surroundings);
    ASSERT_THAT(names_of(drafts), ElementsAre("inner", "outer"));
    EXPECT_EQ(made(drafts.drafts[0]).port, "1");
    EXPECT_EQ(made(drafts.drafts[1]).port, "9") << "the second file is for everybody, and first";
    EXPECT_THAT(read_openssh("Include x\nHost a\n", {}).notes, ElementsAre("Include x is not read"));

    const Surroundings endless{"", [](const std::string&) { return std::vector<std::string>{"Include x\n"}; }};
    EXPECT_THROW(read_openssh("Include x", endless), Error);
}

TEST(OpenSsh, oddities) {
    EXPECT_THROW(read_openssh("Host \"a", {}), Error);
    EXPECT_THAT(read_openssh("Host *\n User x\n", {}).notes, Contains(HasSubstr("names no host")));
    EXPECT_EQ(read_openssh("hOsT a # comment\n", {"u", {}}).drafts.size(), 1u);
    EXPECT_TRUE(looks_like_openssh("Host a\n"));
    EXPECT_FALSE(looks_like_openssh("[a]\ntype = sftp\n"));
    const auto none = read_openssh("Host a\nIdentityFile none\nIdentitiesOnly yes\nUserKnownHostsFile /dev/null\n",
                                   {"u", {}});
    EXPECT_TRUE(none.drafts[0].files.empty());
    EXPECT_FALSE(made(none.drafts[0]).sftp.use_agent);
}

}  // namespace
}  // namespace fairlead::bundle

#include "bundle/filezilla.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fairlead/error.hpp"
#include "unit/bundle_support.hpp"

namespace fairlead::bundle {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

Drafts sites(const std::string& servers) {
    return read_filezilla("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<FileZilla3 version=\"3.63\" platform=\"*nix\">"
                          "<Servers>" +
                          servers + "</Servers></FileZilla3>");
}

TEST(FileZilla, sites_with_their_passwords_paths_and_folders_become_connections) {
    const auto drafts = sites(R"(
<Folder expanded="1">Partners
  <Folder>Bank &amp; co
    <Server><Host>sftp.example.com</Host><Port>2222</Port><Protocol>1</Protocol><Type>0</Type><User>alice</User>
      <Pass encoding="base64">cExhaW4gcHc=</Pass><Logontype>1</Logontype><EncodingType>Auto</EncodingType>
      <BypassProxy>0</BypassProxy><Name>Bank</Name><Comments>two
lines</Comments><RemoteDir>1 0 4 data 6 a b cü</RemoteDir><SyncBrowsing>0</SyncBrowsing></Server>
  </Folder>
</Folder>
<Server><Host>ftps.example.com</Host><Port>990</Port><Protocol>3</Protocol><User>u</User><Logontype>2</Logontype>
  <PasvMode>MODE_ACTIVE</PasvMode><MaximumMultipleConnections>2</MaximumMultipleConnections>
  <EncodingType>Custom</EncodingType><CustomEncoding>ISO-8859-9</CustomEncoding><TimezoneOffset>180</TimezoneOffset>
  <PostLoginCommands><Command>SITE X</Command></PostLoginCommands>Old style</Server>
<Server><Host>a</Host><Protocol>4</Protocol><User>u</User><Pass encoding="crypt" pubkey="k">zzz</Pass>
  <Logontype>1</Logontype><Name>Bank</Name></Server>
<Server><Host>b</Host><Protocol>0</Protocol><Logontype>0</Logontype><Name>anon</Name></Server>
<Server><Host>c</Host><Protocol>1</Protocol><User>u</User><Logontype>5</Logontype><Keyfile>/k/id.ppk</Keyfile>
  <Name>key</Name></Server>
<Server><Host>d</Host><Protocol>7</Protocol><Name>bucket</Name></Server>)");
    ASSERT_EQ(drafts.drafts.size(), 5u);
    const auto bank = made(drafts.drafts[0]);
    EXPECT_EQ(bank.name, "Bank");
    EXPECT_EQ(bank.protocol, Protocol::sftp);
    EXPECT_EQ(bank.port, "2222");
    EXPECT_EQ(bank.password.reveal(), "pLain pw");
    EXPECT_EQ(bank.working_directory, "/data/a b cü");
    EXPECT_EQ(bank.description, "two lines");
    EXPECT_THAT(bank.tags, ElementsAre("Partners", "Bank - co"));

    const auto old = made(drafts.drafts[1]);
    EXPECT_EQ(old.name, "Old style");
    EXPECT_EQ(old.protocol, Protocol::ftps);
    EXPECT_EQ(old.tls.mode, TlsOptions::Mode::implicit);
    EXPECT_TRUE(old.ftp.active);
    EXPECT_EQ(old.max_sessions, 2u);
    EXPECT_EQ(old.ftp.charset, "ISO-8859-9");
    EXPECT_THAT(old.ftp.login_commands, ElementsAre("SITE X"));
    EXPECT_THAT(drafts.drafts[1].to_enter, ElementsAre("password"));
    EXPECT_THAT(drafts.drafts[1].notes, Contains(HasSubstr("180 minutes")));

    EXPECT_EQ(drafts.drafts[2].name, "Bank-2");
    EXPECT_EQ(made(drafts.drafts[2]).tls.mode, TlsOptions::Mode::explicit_);
    EXPECT_THAT(drafts.drafts[2].to_enter, ElementsAre("password"));
    EXPECT_THAT(drafts.drafts[2].notes, Contains(HasSubstr("master password")));
    EXPECT_EQ(made(drafts.drafts[3]).username, "");
    EXPECT_THAT(drafts.drafts[3].notes, Contains(HasSubstr("--tls explicit")));
    EXPECT_EQ(drafts.drafts[4].files.at("sftp.privateKey"), "/k/id.ppk");
    ASSERT_EQ(drafts.skipped.size(), 1u);
    EXPECT_THAT(drafts.skipped[0].reason, HasSubstr("Amazon S3"));
}

TEST(FileZilla, directories_of_an_unknown_form_are_noted) {
    for (const auto* path : {"2 0 4 data", "1 3 abc 4 data", "1 0 9 short", "1 0 x", "1 0 -1 a", "nonsense"}) {
        const auto drafts = sites(std::string("<Server><Host>h</Host><RemoteDir>") + path + "</RemoteDir></Server>");
        EXPECT_THAT(drafts.drafts.at(0).notes, Contains(HasSubstr("remote directory"))) << path;
    }
}

std::string problem_of(const std::string& xml) {
    try {
        read_filezilla(xml);
        return "";
    } catch (const Error& error) {
        EXPECT_EQ(error.code, ErrorCode::invalid_argument);
        return error.message;
    }
}

TEST(FileZilla, documents_that_mean_harm_or_nothing_are_refused) {
    EXPECT_THAT(problem_of("<FileZilla3><Servers>"), HasSubstr("not well-formed"));
    EXPECT_THAT(problem_of("<html/>"), HasSubstr("no FileZilla export"));
    EXPECT_THAT(problem_of("<!DOCTYPE x [<!ENTITY a \"aaaa\">]><FileZilla3/>"), HasSubstr("document type"));
    EXPECT_THAT(problem_of("<!DOCTYPE x SYSTEM \"file:///etc/passwd\"><FileZilla3/>"), HasSubstr("document type"));
    std::string deep;
    for (int i = 0; i < 100'000; ++i)
        deep += "<Folder>";
    EXPECT_THAT(problem_of("<FileZilla3>" + deep), HasSubstr("nested too deeply"));
}

}  // namespace
}  // namespace fairlead::bundle

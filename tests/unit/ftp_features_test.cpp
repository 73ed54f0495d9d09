#include "ftp/features.hpp"

#include <gtest/gtest.h>

namespace fairlead::ftp {
namespace {

Reply feat(std::initializer_list<const char*> lines) {
    Reply reply;
    reply.code = 211;
    for (const auto* line : lines)
        reply.lines.emplace_back(line);
    return reply;
}

const Reply kProftpd = feat({"211-Features:",
                             " AUTH TLS",
                             " CCC",
                             " CLNT",
                             " EPRT",
                             " EPSV",
                             " HOST",
                             " LANG en-US.UTF-8*;en-US",
                             " MDTM",
                             " MFF modify;UNIX.group;UNIX.mode;",
                             " MFMT",
                             " MLST modify*;perm*;size*;type*;unique*;UNIX.group*;UNIX.mode*;UNIX.owner;",
                             " PBSZ",
                             " PROT",
                             " REST STREAM",
                             " SITE UTIME",
                             " SITE SYMLINK",
                             " SIZE",
                             " TVFS",
                             " UTF8",
                             " HASH SHA-256*;SHA-1;MD5;CRC32",
                             " XSHA256",
                             " XCRC",
                             "211 End"});

TEST(FtpFeatures, what_a_full_server_announces) {
    const auto features = Features::from(kProftpd);
    EXPECT_TRUE(features.has_feat);
    for (const auto* known : {"MLST", "MLSD", "mdtm", "MFMT", "SIZE", "UTF8", "utf-8", "EPSV", "PBSZ", "PROT",
                              "TVFS", "CLNT", "SITE UTIME", "site symlink", "AUTH TLS"})
        EXPECT_TRUE(features.announced(known)) << known;
    for (const auto* unknown : {"XMD5", "SITE CHMOD", "AUTH SSL", "COMB"})
        EXPECT_EQ(features.support(unknown), Features::Support::unknown) << unknown;
    EXPECT_TRUE(features.rest_stream);
    EXPECT_EQ(features.hash_selected, "SHA-256");
    EXPECT_EQ(features.hash_algorithms.size(), 4u);
    EXPECT_EQ(features.mlst_facts.size(), 8u);
    EXPECT_EQ(features.mlst_enabled.size(), 7u);
}

TEST(FtpFeatures, odd_case_and_spacing_are_understood) {
    const auto features =
        Features::from(feat({"211-extensions", "mlst Type*;Size*;Modify;", "211-  rest   stream ", "\tUtf8",
                             "  AUTH TLS;TLS-C;SSL;TLS-P;", " ", "211 end"}));
    EXPECT_TRUE(features.announced("MLSD"));
    EXPECT_TRUE(features.rest_stream);
    EXPECT_TRUE(features.announced("UTF8"));
    EXPECT_TRUE(features.announced("AUTH TLS"));
    EXPECT_EQ(features.wanted_mlst_facts(), "type;size;modify;");
}

TEST(FtpFeatures, facts_are_asked_for_only_when_one_is_off) {
    EXPECT_EQ(Features::from(kProftpd).wanted_mlst_facts(),
              "type;size;modify;perm;unix.mode;unix.owner;unix.group;");
    EXPECT_EQ(Features::from(feat({"211-", " MLST type*;size*;unique;", "211 "})).wanted_mlst_facts(), "");
    EXPECT_EQ(Features().wanted_mlst_facts(), "");
}

TEST(FtpFeatures, without_feat_everything_may_be_tried_until_it_is_refused) {
    Reply reply;
    reply.code = 500;
    reply.lines = {"500 unknown"};
    auto features = Features::from(reply);
    EXPECT_FALSE(features.has_feat);
    EXPECT_TRUE(features.may_try("MLSD"));
    EXPECT_FALSE(features.announced("MLSD"));
    features.refuse("mlsd");
    EXPECT_FALSE(features.may_try("MLSD"));
}

TEST(FtpFeatures, a_lying_feat_is_unlearned_and_a_silent_one_taught) {
    auto features = Features::from(kProftpd);
    features.refuse("XSHA256");
    features.refuse("HASH");
    ASSERT_EQ(features.checksum_commands().size(), 1u);
    EXPECT_EQ(features.checksum_commands()[0].verb, "XCRC");
    features.learn("SITE CHMOD");
    EXPECT_TRUE(features.announced("SITE CHMOD"));
    features.learn("HASH");
    EXPECT_TRUE(features.announced("HASH"));
}

TEST(FtpFeatures, the_best_checksum_comes_first) {
    const auto commands = Features::from(kProftpd).checksum_commands();
    ASSERT_GE(commands.size(), 2u);
    EXPECT_EQ(commands[0].verb, "HASH");
    EXPECT_EQ(commands[0].name, "SHA-256");
    EXPECT_EQ(commands[0].algorithm, ChecksumAlgorithm::sha256);
    EXPECT_EQ(commands[1].verb, "XSHA256");
    EXPECT_EQ(commands.back().algorithm, ChecksumAlgorithm::crc32);
}

}  // namespace
}  // namespace fairlead::ftp

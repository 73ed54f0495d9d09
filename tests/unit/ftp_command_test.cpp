#include "ftp/command.hpp"

#include <gtest/gtest.h>

#include "fairlead/error.hpp"

namespace fairlead::ftp {
namespace {

TEST(FtpCommand, is_one_line) {
    EXPECT_EQ(command_line("NOOP"), "NOOP\r\n");
    EXPECT_EQ(command_line("RETR", " a  b "), "RETR  a  b \r\n");
}

TEST(FtpCommand, landmine_10_line_breaks_and_nul_are_refused_before_anything_is_sent) {
    for (const auto bad :
         {std::string_view("a\rb"), std::string_view("a\nDELE b"), std::string_view("a\0b", 3)}) {
        EXPECT_THROW(command_line("RETR", bad), Error);
        EXPECT_THROW(raw_command_line(bad), Error);
        EXPECT_THROW(command_line(bad), Error);
    }
}

TEST(FtpCommand, the_byte_0xff_is_not_doubled_since_servers_would_store_both) {
    EXPECT_EQ(command_line("RETR", "\xff"), "RETR \xff\r\n");
}

TEST(FtpCommand, secrets_are_masked_in_traces) {
    EXPECT_EQ(masked("PASS geheim\r\n"), "PASS ********");
    EXPECT_EQ(masked("pass a b c"), "PASS ********");
    EXPECT_EQ(masked("ACCT x\r\n"), "ACCT ********");
    EXPECT_EQ(masked("  PASS\tgeheim"), "PASS ********");
    EXPECT_EQ(masked("site  pswd old new"), "SITE PSWD ********");
    EXPECT_EQ(masked("SITE PSWD old new"), "SITE PSWD ********");
    EXPECT_EQ(masked("RETR PASS\r\n"), "RETR PASS");
    EXPECT_EQ(masked("PASS"), "PASS");
    EXPECT_EQ(verb_of("retr a\r\n"), "RETR");
}

}  // namespace
}  // namespace fairlead::ftp

#include "ftp/reply_error.hpp"

#include <gtest/gtest.h>

namespace fairlead::ftp {
namespace {

Reply reply(const std::string& line) {
    Reply result;
    result.code = std::stoi(line.substr(0, 3));
    result.lines.push_back(line);
    return result;
}

struct Case {
    const char* line;
    const char* step;
    ErrorCode code;
};

TEST(FtpReplyError, what_servers_say_becomes_the_codes_of_the_contract) {
    using enum ErrorCode;
    for (const auto& [line, step, code] : std::initializer_list<Case>{
             {"550 a.txt: No such file or directory", "read", not_found},
             {"550 The system cannot find the file specified.", "read", not_found},
             {"550 Could not find file", "read", not_found},
             {"450 a.txt: No such file or directory", "stat", not_found},
             {"550 a.txt: Permission denied", "read", permission_denied},
             {"550 Access is denied.", "write", permission_denied},
             {"553 Can't open that file: Permission denied", "write", permission_denied},
             {"550 Operation not permitted", "remove", permission_denied},
             {"550 d: File exists", "make directory", already_exists},
             {"521 Directory already exists", "make directory", already_exists},
             {"550 Cannot create a file when that file already exists.", "make directory", already_exists},
             {"550 d: Directory not empty", "remove directory", not_empty},
             {"550 The directory is not empty.", "remove directory", not_empty},
             {"550 Is a directory", "remove", invalid_argument},
             {"550 a: not a regular file", "read", invalid_argument},
             {"452 Insufficient storage space", "write", no_space},
             {"552 Disk full - please upload later", "write", no_space},
             {"552 Transfer aborted. No space left on device", "write", no_space},
             {"451 Failure writing to local file.", "write", no_space},
             {"451 Error during write to file", "write", no_space},
             {"552 Quota exceeded: a.txt won't be saved", "write", quota_exceeded},
             {"552 Transfer aborted. Disk quota exceeded", "write", quota_exceeded},
             {"421 Too many connections (8) from this IP", "list", server_busy},
             {"421 Service not available", "connect", server_busy},
             {"421 Timeout.", "read", connection_lost},
             {"425 Can't open data connection", "list", data_connection_failed},
             {"426 Failure writing network stream.", "read", connection_lost},
             {"500 Unknown command.", "checksum", unsupported},
             {"502 Command not implemented", "checksum", unsupported},
             {"504 not for that parameter", "write", unsupported},
             {"521 data connections must be encrypted", "list", tls_failed},
             {"550 The process cannot access the file because it is being used by another process.", "read",
              conflict},
             {"530 Please login with USER and PASS.", "list", authentication_failed},
             {"530 Permission denied", "write", permission_denied},
             {"226 Transfer complete", "read", protocol_error},
         }) {
        const auto error = error_for(reply(line), step, "/in/a.txt");
        EXPECT_EQ(to_string(error.code), to_string(code)) << line;
        EXPECT_EQ(error.server_reply, line);
        EXPECT_EQ(error.step, step);
        EXPECT_EQ(error.path, "/in/a.txt");
    }
}

TEST(FtpReplyError, landmine_20_size_in_text_mode_is_unsupported) {
    EXPECT_EQ(error_for(reply("550 SIZE not allowed in ASCII mode."), "stat").code, ErrorCode::unsupported);
}

TEST(FtpReplyError, a_limit_of_storage_is_not_one_of_users) {
    EXPECT_EQ(error_for(reply("550 Quota limit exceeded"), "write").code, ErrorCode::quota_exceeded);
    EXPECT_EQ(error_for(reply("552 Disk space limit reached"), "write").code, ErrorCode::no_space);
}

TEST(FtpReplyError, landmine_52_session_resumption_is_recognised_in_text_and_code) {
    for (const auto* line :
         {"522 SSL connection failed: session reuse required",
          "425 Unable to build data connection: Operation not permitted",
          "425 Unable to build data connection: TLS session of data connection not resumed.",
          "450 TLS session of data connection has not resumed or the session does not match the control "
          "connection"}) {
        EXPECT_TRUE(says_session_reuse_required(reply(line))) << line;
        const auto error = error_for(reply(line), "list");
        EXPECT_EQ(error.code, ErrorCode::tls_failed) << line;
        EXPECT_NE(error.message.find("resumes"), std::string::npos);
        EXPECT_NE(error.hint, "");
    }
    EXPECT_FALSE(says_session_reuse_required(reply("425 Can't open data connection")));
}

TEST(FtpReplyError, a_bare_no_is_ambiguous_so_that_the_caller_looks) {
    for (const auto* line : {"550 Failed to open file.", "550 Create directory operation failed.",
                             "550 Delete operation failed.", "553 Could not create file.",
                             "550 Could not get file size.", "550 Failed to change directory."})
        EXPECT_TRUE(is_ambiguous(reply(line))) << line;
    for (const auto* line :
         {"550 a: No such file or directory", "550 Permission denied", "550 d: File exists",
          "550 d: Directory not empty", "226 ok", "500 Unknown command", "552 full"})
        EXPECT_FALSE(is_ambiguous(reply(line))) << line;
    EXPECT_EQ(error_for(reply("550 Failed to open file."), "read").code, ErrorCode::not_found);
    EXPECT_EQ(error_for(reply("550 Delete operation failed."), "remove").code, ErrorCode::permission_denied);
}

TEST(FtpReplyError, landmine_17_every_answer_to_mkd_that_may_mean_it_exists) {
    EXPECT_EQ(error_for(reply("521 \"/d\" directory exists"), "make directory").code,
              ErrorCode::already_exists);
    EXPECT_EQ(error_for(reply("550 d: File exists"), "make directory").code, ErrorCode::already_exists);
    EXPECT_TRUE(is_ambiguous(reply("550 Create directory operation failed.")));
}

TEST(FtpReplyError, an_idle_close_ends_the_session_and_an_aborted_transfer_does_not) {
    EXPECT_FALSE(error_for(reply("421 Idle timeout"), "list").session_usable);
    EXPECT_TRUE(error_for(reply("426 Transfer aborted"), "read").session_usable);
}

TEST(FtpReplyError, too_many_failures_are_not_too_many_users) {
    EXPECT_FALSE(says_too_many(reply("530 Too many authentication failures")));
    EXPECT_FALSE(says_too_many(reply("450 Too many open files")));
    EXPECT_TRUE(says_too_many(reply("530 Too many users logged in for this account")));
    EXPECT_TRUE(says_too_many(reply("421 50 users (the maximum) are already logged in, user limit reached")));
}

}  // namespace
}  // namespace fairlead::ftp

#include "sftp/status.hpp"

#include <gtest/gtest.h>

namespace fairlead::sftp {
namespace {

TEST(SftpStatus, codes_of_the_draft_have_codes_of_ours) {
    EXPECT_EQ(code_of({kNoSuchFile, ""}), ErrorCode::not_found);
    EXPECT_EQ(code_of({kPermissionDenied, ""}), ErrorCode::permission_denied);
    EXPECT_EQ(code_of({kUnsupported, ""}), ErrorCode::unsupported);
    EXPECT_EQ(code_of({kBadMessage, ""}), ErrorCode::protocol_error);
}

TEST(SftpStatus, later_versions_codes_are_understood) {
    EXPECT_EQ(code_of({kFileAlreadyExists, ""}), ErrorCode::already_exists);
    EXPECT_EQ(code_of({kNoSpace, ""}), ErrorCode::no_space);
    EXPECT_EQ(code_of({kQuotaExceeded, ""}), ErrorCode::quota_exceeded);
    EXPECT_EQ(code_of({kDirectoryNotEmpty, ""}), ErrorCode::not_empty);
}

TEST(SftpStatus, failure_is_read_by_its_words) {
    EXPECT_EQ(code_of({kFailure, "No space left on device"}), ErrorCode::no_space);
    EXPECT_EQ(code_of({kFailure, "Disk quota exceeded"}), ErrorCode::quota_exceeded);
    EXPECT_EQ(code_of({kFailure, "File exists"}), ErrorCode::already_exists);
    EXPECT_EQ(code_of({kFailure, "Directory not empty"}), ErrorCode::not_empty);
    EXPECT_EQ(code_of({kFailure, "The system cannot find the file specified: No such file"}),
              ErrorCode::not_found);
    EXPECT_EQ(code_of({kFailure, "Access is denied."}), ErrorCode::permission_denied);
}

TEST(SftpStatus, failure_without_known_words_stays_open) {
    EXPECT_EQ(code_of({kFailure, "Failure"}), std::nullopt);
    EXPECT_EQ(code_of({kFailure, ""}), std::nullopt);
}

TEST(SftpStatus, the_servers_words_are_kept_apart_on_one_line) {
    const auto error =
        status_error({kFailure, "bad\r\nthing"}, "Removing '/a'", "/a", ErrorCode::permission_denied);
    EXPECT_EQ(error.code, ErrorCode::permission_denied);
    EXPECT_EQ(error.server_reply, "STATUS 4 bad  thing");
    EXPECT_EQ(error.path, "/a");
    EXPECT_EQ(error.message.find("bad"), std::string::npos);
}

}  // namespace
}  // namespace fairlead::sftp

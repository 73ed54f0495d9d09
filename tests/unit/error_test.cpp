#include "fairlead/error.hpp"

#include <gtest/gtest.h>

namespace fairlead {
namespace {

TEST(Error, carries_what_a_caller_must_know_beside_the_code) {
    const auto error = Error(ErrorCode::not_found, "There is no '/a'.").at("list").on("/a").replied("550 No such file");
    EXPECT_EQ(to_string(error.code), "not_found");
    EXPECT_EQ(error.step, "list");
    EXPECT_EQ(error.path, "/a");
    EXPECT_EQ(error.server_reply, "550 No such file");
    EXPECT_FALSE(error.retryable());
    EXPECT_TRUE(error.session_usable);
}

TEST(Error, wrong_credentials_are_never_worth_a_retry) {
    EXPECT_FALSE(retry_can_help(ErrorCode::authentication_failed));
    EXPECT_EQ(exit_status(ErrorCode::authentication_failed), 4);
}

}  // namespace
}  // namespace fairlead

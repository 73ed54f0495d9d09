#include "base/path.hpp"

#include <gtest/gtest.h>

#include "fairlead/error.hpp"

namespace fairlead {
namespace {

TEST(Path, confine_removes_dots_and_doubled_slashes) {
    EXPECT_EQ(path::confine("a//b/./c/../d/"), "/a/b/d");
    EXPECT_EQ(path::confine(""), "/");
    EXPECT_EQ(path::confine("/"), "/");
    EXPECT_EQ(path::confine("/ a /b "), "/ a /b ");
}

TEST(Path, confine_refuses_to_climb_above_the_root) {
    EXPECT_THROW(path::confine("../x"), Error);
    EXPECT_THROW(path::confine("/a/../../x"), Error);
}

TEST(Path, split_keeps_the_root) {
    EXPECT_EQ(path::parent("/a"), "/");
    EXPECT_EQ(path::parent("/a/b"), "/a");
    EXPECT_EQ(path::name("/a/b"), "b");
}

TEST(Path, control_bytes_are_refused) {
    EXPECT_THROW(path::refuse_control_bytes("a\r\nDELE b", "path"), Error);
    EXPECT_THROW(path::refuse_control_bytes(std::string_view("a\0b", 3), "path"), Error);
    EXPECT_NO_THROW(path::refuse_control_bytes("a\tb", "path"));
}

}  // namespace
}  // namespace fairlead

#include "base/near.hpp"

#include <gtest/gtest.h>

namespace fairlead {
namespace {

TEST(Nearest, finds_slips_of_the_fingers_without_regard_to_case) {
    const std::vector<std::string> names{"partner", "archive", "global"};
    EXPECT_EQ(nearest("parnter", names), "partner") << "two letters swapped";
    EXPECT_EQ(nearest("PARTNR", names), "partner") << "one left out";
    EXPECT_EQ(nearest("archives", names), "archive") << "one too many";
}

TEST(Nearest, suggests_nothing_that_is_quite_different) {
    EXPECT_EQ(nearest("xyz", {"partner"}), "");
    EXPECT_EQ(nearest("", {"partner"}), "");
    EXPECT_EQ(nearest("partner", {}), "");
}

}  // namespace
}  // namespace fairlead

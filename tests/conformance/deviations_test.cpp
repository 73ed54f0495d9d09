#include "conformance/deviations.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "conformance/target.hpp"
#include "support/paths.hpp"
#include "support/temporary_folder.hpp"

namespace fairlead::test {
namespace {

TEST(Deviations, each_is_told_in_the_documentation_and_is_of_a_target_of_the_suite) {
    const auto page = read_file(tests_folder() + "/../docs/deviations.md");
    std::vector<std::string> names;
    for (const auto& target : targets())
        names.push_back(target.name);
    for (const auto& row : declared_deviations()) {
        EXPECT_THAT(page, testing::HasSubstr("| `" + std::string(to_string(row.deviation)) + "` |"));
        EXPECT_THAT(names, testing::Contains(std::string(row.target)));
        EXPECT_FALSE(row.reason.empty());
    }
}

}  // namespace
}  // namespace fairlead::test

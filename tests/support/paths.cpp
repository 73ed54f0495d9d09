#include "support/paths.hpp"

#include <cstdlib>

namespace fairlead::test {

std::string tests_folder() {
    return FAIRLEAD_TESTS_FOLDER;
}
std::string fairlead_binary() {
    const char* other = std::getenv("FAIRLEAD_TEST_BINARY");
    return other != nullptr ? other : FAIRLEAD_BUILD_FOLDER "/fairlead";
}
std::string faulty_binary() {
    return FAIRLEAD_BUILD_FOLDER "/tests/fairlead_faulty";
}

}  // namespace fairlead::test

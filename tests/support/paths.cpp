#include "support/paths.hpp"

namespace fairlead::test {

std::string tests_folder() {
    return FAIRLEAD_TESTS_FOLDER;
}
std::string fairlead_binary() {
    return FAIRLEAD_BUILD_FOLDER "/fairlead";
}
std::string faulty_binary() {
    return FAIRLEAD_BUILD_FOLDER "/tests/fairlead_faulty";
}

}  // namespace fairlead::test

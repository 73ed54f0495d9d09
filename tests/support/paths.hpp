#pragma once

#include <string>

namespace fairlead::test {

/// Where the project's files and programs are. They are known to one source only, so that what the other
/// tests compile to is the same in every folder, and found again by ccache.
std::string tests_folder();
/// build/fairlead, or what $FAIRLEAD_TEST_BINARY names (a sanitized one).
std::string fairlead_binary();
/// The same with fault points in it (tests/kill).
std::string faulty_binary();

}  // namespace fairlead::test

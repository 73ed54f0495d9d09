# Headers, library, CMake package, pkg-config file and binary, under CMAKE_INSTALL_PREFIX.

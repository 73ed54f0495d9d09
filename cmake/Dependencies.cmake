# Third-party libraries, all of them Debian 12 packages (scripts/install-dependencies names them).

find_package(Threads REQUIRED)
find_package(Boost 1.81.0 EXACT CONFIG REQUIRED COMPONENTS headers json url)  # 1.74 may stand beside it
find_package(OpenSSL 3.0 REQUIRED)
find_package(ZLIB REQUIRED)   # previews of compressed files
find_package(BZip2 REQUIRED)  # likewise
find_package(CURL REQUIRED)    # the command line's client of a daemon, and webhooks
find_package(fmt REQUIRED)
find_package(CLI11 REQUIRED)
find_package(date CONFIG REQUIRED)
find_package(prometheus-cpp CONFIG REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(libssh REQUIRED IMPORTED_TARGET libssh>=0.10)
pkg_check_modules(sodium REQUIRED IMPORTED_TARGET libsodium)
pkg_check_modules(sqlite3 REQUIRED IMPORTED_TARGET sqlite3>=3.40)
pkg_check_modules(libpq REQUIRED IMPORTED_TARGET libpq>=15)
pkg_check_modules(re2 REQUIRED IMPORTED_TARGET re2)
pkg_check_modules(libzip REQUIRED IMPORTED_TARGET libzip)
pkg_check_modules(libarchive REQUIRED IMPORTED_TARGET libarchive)  # ZIP files that are sent while they are made; steps of flows
pkg_check_modules(gpgme REQUIRED IMPORTED_TARGET gpgme)            # OpenPGP steps of flows
pkg_check_modules(expat REQUIRED IMPORTED_TARGET expat)
pkg_check_modules(yaml_cpp REQUIRED IMPORTED_TARGET yaml-cpp)  # `edit` in YAML
if(FAIRLEAD_TESTS)
  find_package(GTest REQUIRED)
endif()

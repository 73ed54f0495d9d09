#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "fairlead/file_system.hpp"

namespace fairlead::test {

/// The far side of a file system under test, seen past it: what is really there. Paths as the file system has
/// them.
class FarSide {
  public:
    virtual ~FarSide() = default;
    virtual void put(std::string_view path, std::string_view content) = 0;
    virtual void make_directory(std::string_view path) = 0;
    virtual void link(std::string_view path, std::string_view target) = 0;
    virtual std::optional<std::string> get(std::string_view path) const = 0;
    /// Takes the right to write from a directory's owner.
    virtual bool make_read_only(std::string_view path) = 0;
    /// A session on it, opened on the calling coroutine's executor.
    virtual awaitable<std::unique_ptr<FileSystem>> open() = 0;
    /// A session that is jailed in this directory of it.
    virtual awaitable<std::unique_ptr<FileSystem>> open_below(std::string_view directory) = 0;
};

/// One file system that the suite runs against. `name` is how ctest and the table of deviations call it.
struct Target {
    std::string name;
    std::function<std::unique_ptr<FarSide>()> make;  ///< empty, ready; starts the server on first use
    bool remote = true;
    bool needs_root = false;      ///< the server cannot run without
    bool secured = false;         ///< TLS or SSH
    bool machine_listing = true;  ///< MLSD or SFTP
    bool digests = false;         ///< the far side computes checksums
};
std::vector<Target> targets();
inline std::ostream& operator<<(std::ostream& out, const Target& target) {
    return out << target.name;
}

}  // namespace fairlead::test

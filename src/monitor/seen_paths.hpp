#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace fairlead::monitor {

/// The paths that a look has seen, eight bytes for each: so that what is as it was needs not be written again. Two paths
/// of the same hash (one look of a million files in thirty million has such) would make one look the same as the other.
class SeenPaths {
  public:
    /// Any number of times.
    void add(std::string_view path);
    bool contains(std::string_view path);
    /// Different ones.
    std::size_t count();

  private:
    void tidy();

    std::vector<std::uint64_t> hashes_;
    bool tidy_ = true;  ///< sorted, each once
};

}  // namespace fairlead::monitor

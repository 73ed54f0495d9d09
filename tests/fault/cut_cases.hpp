#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "support/cut_proxy.hpp"

namespace fairlead::test {

/// One connection and way that can be cut, and how many bytes an undisturbed transfer passes on it.
struct CutLine {
    Cut::Channel channel;
    Cut::Way way;
    std::uint64_t bytes;
};

/// Hands out cuts for several threads: every kind of cut on every line, at offsets that first lie far apart
/// (both ends first), then ever closer, until each offset was given out.
class CutCases {
  public:
    CutCases(std::vector<CutLine> lines, std::vector<Cut::Kind> kinds);

    /// Only these, in this order.
    explicit CutCases(const std::vector<Cut>& cuts);

    /// The next one; false when every offset was cut.
    bool next(Cut& cut);

  private:
    struct Series {
        Cut cut;
        std::vector<std::uint64_t> offsets;  ///< in the order in which they are tried
        std::size_t done = 0;
    };
    std::mutex mutex_;
    std::vector<Series> series_;
    std::size_t turn_ = 0;
};

/// 0 to `last`, each once: the two ends, then always the middle of what lies between earlier ones.
std::vector<std::uint64_t> far_apart_first(std::uint64_t last);

/// A cut in words, such as "reset of data to client after 123 bytes".
std::string to_text(const Cut& cut);

}  // namespace fairlead::test

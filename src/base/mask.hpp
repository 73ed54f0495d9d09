#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "fairlead/error.hpp"
#include "fairlead/secret.hpp"

namespace fairlead {

/// Texts that nobody may see, and their replacement wherever they stand in what is said. Letters of ASCII match in
/// either case, because servers and look-ups say names back in theirs; slashes at a text's ends do not count, because
/// paths are told with and without them.
///
/// A text of up to three characters is replaced only where no letter or digit stands beside it: "21" is in half of all
/// replies, and a message of stars alone helps nobody. Whoever hides a part of a text hides the whole too, so that a
/// short part does not show within it.
class Mask {
  public:
    Mask() = default;
    explicit Mask(std::vector<Secret> texts);

    bool empty() const noexcept { return texts_.empty(); }

    /// Replaces each text with "***", from a position on.
    void hide(std::string& said, std::size_t from = 0) const;
    std::string hidden(std::string_view said) const;
    /// In each of its texts.
    void hide(Error& error) const;
    void hide(std::vector<Fault>& faults) const;

  private:
    std::vector<Secret> texts_;  ///< the longest first
};

}  // namespace fairlead

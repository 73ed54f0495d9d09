#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace fairlead {

/// The candidate that is most like `text`, without regard to case, when it is close enough to be a slip of
/// the fingers: at most a third of its letters differ. Else empty.
std::string nearest(std::string_view text, const std::vector<std::string>& candidates);

}  // namespace fairlead

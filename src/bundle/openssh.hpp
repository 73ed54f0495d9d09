#pragma once

#include <string_view>

#include "bundle/draft.hpp"

namespace fairlead::bundle {

/// The hosts of an ssh_config as SFTP connections: every name of a `Host` line that is no pattern, with what
/// all blocks that match it say, the first value of each keyword winning, as ssh reads it. `Match all`, `Match
/// host` and `Match originalhost` are understood; other conditions depend on the moment, so their blocks are
/// left out and noted. Throws Error{invalid_argument} for a text that is no such file.
Drafts read_openssh(std::string_view text, const Surroundings& surroundings);

/// Whether a text looks like one: it has a `Host` line.
bool looks_like_openssh(std::string_view text);

}  // namespace fairlead::bundle

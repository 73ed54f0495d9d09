#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace fairlead::ftp {

/// What a server says about a listing that it has sent. Pure-FTPd does: "226-Output truncated to 10000
/// matches", "226 10000 matches total".
struct Matches {
    std::optional<std::uint64_t> sent;  ///< lines at least
    bool truncated = false;             ///< there are more that it does not show
};

/// `words` is the text of its final reply.
Matches matches_in(std::string_view words);

}  // namespace fairlead::ftp

#pragma once

#include <optional>
#include <string>

#include "ftp/reply.hpp"

namespace fairlead::ftp {

/// The directory in a 257 reply (PWD, MKD): between double quotes, where two quotes stand for one (RFC 959,
/// App. II); without quotes, what stands up to the first " is " or the whole text. Returned as the server
/// writes it, also when it is "C:\dir", "'USER.'" or "DISK:[DIR]". Nothing for another code or no text.
std::optional<std::string> parse_directory_reply(const Reply& reply);

/// What kind of path a server uses, by the look of its log-in directory.
enum class PathStyle {
    unix_,    ///< "/home/user"
    windows,  ///< "C:\dir" or "C:/dir"
    vms,      ///< "DISK:[DIR.SUB]"
    mvs,      ///< "'USER.'": z/OS data sets
    other
};
PathStyle path_style(std::string_view directory);

}  // namespace fairlead::ftp

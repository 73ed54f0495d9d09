#pragma once

#include <string_view>
#include <vector>

namespace fairlead::test {

/// A way in which a real server legitimately differs from what FileSystem promises. A test asks for it and
/// then expects the difference itself, so a declared deviation that is not real fails as an undeclared one
/// does.
enum class Deviation {
    listed_times_are_coarse,         ///< times in listings are less exact than a second
    mode_not_reported,               ///< permission bits do not show in stat
    links_look_like_targets,         ///< stat tells the facts of what a link points to
    dangling_links_not_found,        ///< stat does not find a link that points nowhere
    names_are_sanitised,             ///< backslashes are refused; tabs and trailing spaces become underscores
    no_stars_in_directory_names,     ///< a directory cannot be called "a*b"
    dropped_listing_ends_session,    ///< after a listing was left before its end, the session must be opened
                                     ///< anew
    dropping_early_may_end_session,  ///< a listing or file left before its end may end the session
    line_breaks_are_plain_bytes,     ///< a name may hold CR and LF, because no control channel is near
    errors_name_the_path_on_disk,    ///< Error::path is the path as this machine knows it
};
std::string_view to_string(Deviation deviation);

struct DeclaredDeviation {
    Deviation deviation;
    std::string_view target;
    std::string_view reason;
};

/// The one table; docs/deviations.md tells people the same.
const std::vector<DeclaredDeviation>& declared_deviations();
bool deviates(std::string_view target, Deviation deviation);

}  // namespace fairlead::test

#pragma once

#include <string_view>
#include <vector>

namespace fairlead::test {

/// A way in which a real server legitimately differs from what FileSystem promises. A test asks for it and
/// then expects the difference itself, so a declared deviation that is not real fails as an undeclared one
/// does.
enum class Deviation {
    lists_without_dot_files,      ///< names that begin with a dot do not show in listings
    modified_not_to_the_second,   ///< a set time reads back less exact than a second
    mode_not_reported,            ///< permission bits do not show in stat
    links_look_like_targets,      ///< stat and list tell the target's facts, not the link's
    empty_path_of_dangling_link,  ///< a link that points nowhere is not found by stat
    names_must_be_utf8,           ///< bytes that are no UTF-8 are refused or altered in names
    leading_spaces_are_lost,      ///< a name's leading spaces get lost on the way
    directory_mode_refused,
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

#include "transfer/filter.hpp"

#include <algorithm>

namespace fairlead::transfer {
namespace {

bool any_matches(const std::vector<Glob>& globs, std::string_view path) {
    return std::any_of(globs.begin(), globs.end(), [&](const Glob& glob) { return glob.matches(path); });
}

}  // namespace

bool Filter::wants(const Entry& entry, std::string_view relative) const {
    const bool directory = entry.type == EntryType::directory;
    if (!types.empty() && std::find(types.begin(), types.end(), entry.type) == types.end()) return false;
    if (any_matches(exclude, relative)) return false;
    if (!include.empty() && (directory || !any_matches(include, relative))) return false;
    if (!names.empty() && !any_matches(names, relative)) return false;
    if (expression && !expression->found_in(relative)) return false;
    if (min_size && (!entry.size || *entry.size < *min_size)) return false;
    if (max_size && (!entry.size || *entry.size > *max_size)) return false;
    if (modified_before && (!entry.modified || *entry.modified > *modified_before)) return false;
    return !modified_since || (entry.modified && *entry.modified >= *modified_since);
}

bool Filter::enters(std::string_view relative) const {
    return !any_matches(exclude, relative);
}

bool Filter::takes_all() const noexcept {
    return include.empty() && exclude.empty() && names.empty() && !expression && !min_size && !max_size &&
           !modified_before && !modified_since && types.empty();
}

}  // namespace fairlead::transfer

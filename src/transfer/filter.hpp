#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/glob.hpp"
#include "fairlead/entry.hpp"

namespace fairlead::transfer {

/// Which entries of a tree are wanted. All conditions that are set must hold. A fact that the server does not
/// tell fails a condition on it: what is not known to match is left alone.
struct Filter {
    std::vector<Glob> include;                        ///< any of them; for files and links, not directories
    std::vector<Glob> exclude;                        ///< none of them; an excluded directory is not entered
    std::vector<Glob> names;                          ///< any of them; of every kind of entry
    std::optional<Regex> expression;                  ///< found in the relative path
    std::optional<std::uint64_t> min_size, max_size;  ///< bytes, both included; directories have no size
    std::optional<Time> modified_before;              ///< at least this old
    std::optional<Time> modified_since;               ///< at most this old
    std::vector<EntryType> types;                     ///< any of them; empty: all

    /// `relative` is the path below where the walk began, with a leading slash.
    bool wants(const Entry& entry, std::string_view relative) const;
    /// Whether to look into a directory.
    bool enters(std::string_view relative) const;
    /// Whether nothing is left out.
    bool takes_all() const noexcept;
};

}  // namespace fairlead::transfer

#pragma once

#include <limits>
#include <optional>
#include <string>

#include "transfer/filter.hpp"
#include "transfer/run.hpp"
#include "transfer/selection.hpp"

namespace fairlead::transfer {

/// What becomes of the symbolic links of a tree.
enum class Links {
    files,   ///< one to a file is moved as that file; one to a directory is left out, and said so
    follow,  ///< one to a directory is entered too, unless it leads back to where the walk has been
    skip,    ///< all are left out, silently
    keep,    ///< a link is made of each, if both sides can and it does not lead out of the tree
};
/// Throws Error{invalid_argument} naming the choices.
Links parse_links(std::string_view word);

/// What of a tree is moved, and in which order.
struct TreeOptions {
    Filter filter;
    unsigned depth = std::numeric_limits<unsigned>::max();  ///< 1: the files of the directory itself
    Links links = Links::files;
    Order order;
    std::optional<std::uint64_t> first;  ///< so many files
    std::string prefix;  ///< of relative paths for the filter, when the tree is part of another
};

/// Adds the files below the directory `from` to a run, to be moved below `to`. Directories are made as they
/// are met, empty ones too; with a filter or `first`, only those that hold something wanted. For what `run`
/// calls to produce its files.
awaitable<void> add_tree(Run& run, Sessions& source, std::string from, std::string to,
                         const TreeOptions& options);

/// Adds one entry that a walk found, by what it is: file, link or something else. `relative` is its path in
/// the tree. Gives the file, if it is one that should be moved.
awaitable<std::optional<Job>> add_entry(Run& run, Sessions& source, Entry entry, const std::string& relative,
                                        std::string target, Links links);

}  // namespace fairlead::transfer

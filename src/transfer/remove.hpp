#pragma once

#include <functional>
#include <limits>
#include <string>

#include "transfer/filter.hpp"
#include "transfer/sessions.hpp"

namespace fairlead::transfer {

struct RemoveOptions {
    const Filter* filter =
        nullptr;  ///< only what it takes; then directories are removed only if it takes all
    unsigned depth = std::numeric_limits<unsigned>::max();  ///< files so many levels down; likewise
    std::string prefix;                                     ///< see WalkOptions::prefix
    bool dry_run = false;                                   ///< only says what would be removed
};

/// Removes a file, or a directory with what is below it: the files, as many at once as the sessions allow,
/// then the directories from the deepest up. Links are removed, never followed. Each thing that is gone (or
/// would be) goes to `removed`; what cannot be removed or listed to `problem`, and then the directories stay.
/// `type` is what stands at `path`.
awaitable<void> remove_tree(Sessions& sessions, std::string path, EntryType type, RemoveOptions options,
                            std::function<void(const std::string& path)> removed,
                            std::function<void(const std::string& path, const Error& error)> problem);

/// How many things there are at and below a directory, itself among them. Throws what listing throws.
awaitable<std::uint64_t> count_tree(Sessions& sessions, std::string directory);

}  // namespace fairlead::transfer

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "transfer/tree.hpp"

namespace fairlead::transfer {

struct SyncOptions {
    Options
        transfer;  ///< if_exists is not used: what differs is replaced. With `checksum`, content is compared
    TreeOptions tree;                         ///< filter, depth and links (files, skip or keep)
    bool remove = false;                      ///< remove what the source does not have
    std::optional<std::uint64_t> max_remove;  ///< remove nothing, if it would be more than that
    bool force = false;  ///< remove even when the source is empty; else that is taken for a mistake
};

struct SyncSummary {
    RunSummary moved;
    std::uint64_t unchanged = 0, removed = 0;
};

/// Makes the directory `to` hold what the directory `from` holds, one way. Directory by directory both sides
/// are listed and compared (so memory holds some directories, never a tree); files that are missing or differ
/// in size or time (see differ) are moved as a Run does it. What the source does not have is removed last,
/// and only if every listing succeeded; what has become something else (a file where there was a directory)
/// is removed and then moved. What the filter leaves out is left alone on both sides.
///
/// Each file that was moved goes to the listener with "added" or "changed" as its reason, each removed one as
/// Outcome::removed (with dry_run both as Outcome::planned). Throws conflict when `max_remove` or an empty
/// source forbids the removal; what had to be moved was moved then.
awaitable<SyncSummary> sync(Sessions& source, std::string from, Sessions& target, std::string to,
                            SyncOptions options, RunListener& listener, Journal* journal);

/// What must be done about one name of a directory.
enum class SyncAction {
    none,     ///< both are the same, or nothing is known that could be done
    add,      ///< only the source has it
    change,   ///< both have it, and it differs
    enter,    ///< both have a directory of this name
    replace,  ///< the target's is of another kind
    remove,   ///< only the target has it
};
/// Decides from what both sides' listings say. Null: the side does not have it. `keeps_times`: see differ.
SyncAction decide(const Entry* source, const Entry* target, bool keeps_times);

}  // namespace fairlead::transfer

#pragma once

#include <functional>
#include <limits>
#include <string>

#include "transfer/filter.hpp"
#include "transfer/sessions.hpp"

namespace fairlead::transfer {

struct WalkOptions {
    unsigned depth =
        std::numeric_limits<unsigned>::max();  ///< 1: the directory itself, without subdirectories
    const Filter* filter = nullptr;            ///< not owned
    /// The visitor needs sessions of the same place while it is called. Then a session that can do only one
    /// thing at a time is given back before: the directory's entries wait in memory, in a compact form.
    bool visitor_needs_sessions = false;
};

/// One thing found.
struct Found {
    Entry entry;           ///< path as the file system knows it
    std::string relative;  ///< below where the walk began, with a leading slash
};

/// Walks the tree below a directory, parents before children, in the server's order, batch by batch. Links to
/// directories are reported but never entered, so no loop is possible. Names that would lead elsewhere (see
/// check_name) and directories that cannot be listed go to `problem`, and the walk goes on; only the first
/// directory's failure is thrown.
awaitable<void> walk(Sessions& sessions, std::string directory, WalkOptions options,
                     std::function<awaitable<void>(Found)> visit,
                     std::function<void(const std::string& path, const Error& error)> problem);

}  // namespace fairlead::transfer

#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <string>

#include "transfer/filter.hpp"
#include "transfer/sessions.hpp"

namespace fairlead::transfer {

/// What a walk makes of symbolic links.
enum class WalkLinks {
    report,   ///< links are links
    resolve,  ///< a link to a file is that file (its facts are not known); one to a directory stays a link
    follow,   ///< and one to a directory is that directory, unless it leads back to where the walk has been
};

struct WalkOptions {
    unsigned depth =
        std::numeric_limits<unsigned>::max();  ///< 1: the directory itself, without subdirectories
    const Filter* filter = nullptr;            ///< not owned
    std::string prefix;                        ///< of every relative path, such as "/a" when walking a part
    WalkLinks links = WalkLinks::report;
    /// The visitor needs sessions of the same place while it is called. Then a session that can do only one
    /// thing at a time is given back before: the directory's entries wait in memory, in a compact form.
    bool visitor_needs_sessions = false;
    /// Asked after each visit, if given: true ends the walk, without an error.
    std::function<bool()> enough;
};

/// One thing found.
struct Found {
    Entry entry;           ///< path as the file system knows it
    std::string relative;  ///< below where the walk began, with a leading slash
};

/// Walks the tree below a directory, parents before children, in the server's order, batch by batch; the
/// visitor is called for one entry at a time. While a directory is visited, those that come next are listed
/// already, as many at once as the sessions allow; what is held of them is bounded by some ten thousand
/// entries, and beyond that by one directory for each session. A listing that breaks off before anything of
/// it was visited is tried again.
///
/// Names that would lead elsewhere (see check_name), directories that cannot be listed and links that lead in
/// circles go to `problem`, and the walk goes on; only the first directory's failure is thrown.
awaitable<void> walk(Sessions& sessions, std::string directory, WalkOptions options,
                     std::function<awaitable<void>(Found)> visit,
                     std::function<void(const std::string& path, const Error& error)> problem);

/// The same for a visitor that waits for nothing, of a listing that may have a million entries.
awaitable<void> walk(Sessions& sessions, std::string directory, WalkOptions options,
                     std::function<void(Found&&)> visit,
                     std::function<void(const std::string& path, const Error& error)> problem);

/// Whether a path is, or a link there leads to, a directory.
awaitable<bool> is_directory(FileSystem& files, const std::string& path);

/// What is reported when a listing held names that can be no file's.
Error names_left_out(const std::string& directory, std::uint64_t count);

}  // namespace fairlead::transfer

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fairlead/file_system.hpp"
#include "transfer/retry.hpp"
#include "transfer/sessions.hpp"

/// What is done with single entries of a place, by whoever serves files to others: over HTTP, by a handle.
/// Paths are absolute. What may safely be done twice is tried again as patience says; the rest is done once.
namespace fairlead::service {

using transfer::Patience;
using transfer::Sessions;

/// Throws not_found.
awaitable<Entry> stat_entry(Sessions& sessions, const Patience& patience, std::string path);
/// Nothing for what is not there.
awaitable<std::optional<Entry>> find_entry(Sessions& sessions, const Patience& patience, std::string path);

/// What is to be changed of an entry.
struct EntryChange {
    std::optional<std::string> path;  ///< moves it there
    bool replace = false;             ///< what stands there already
    std::optional<std::uint32_t> mode;
    std::optional<Time> modified;
};
/// Mode and time first, then the move. Gives the entry as it is afterwards.
awaitable<Entry> change_entry(Sessions& sessions, std::string path, EntryChange change);

struct Removed {
    std::vector<std::string> paths;  ///< the first kMostNamed of them
    std::uint64_t count = 0;
    std::uint64_t failed = 0;
    std::optional<Error> first_failure;
};
constexpr std::size_t kMostNamed = 1000;
/// A file or link; a directory only when it is empty or with `recursive` (links in it are removed, not
/// followed). Throws not_found, not_empty, and invalid_argument for the root.
awaitable<Removed> remove_entry(Sessions& sessions, const Patience& patience, std::string path,
                                bool recursive);

/// Makes a directory; with `parents` those above it too, and then one that is there already is as it should
/// be. Gives those that were made, the outermost first. Throws already_exists, not_found.
awaitable<std::vector<std::string>> make_directory(Sessions& sessions, std::string path, bool parents);

/// Sends a raw command. `valid_codes` such as "200;250": another reply is an error that holds it; empty:
/// every reply is an answer. Throws unsupported where there are no such commands, and for those that move
/// data or end the session.
awaitable<RawReply> send_command(Sessions& sessions, std::string command, std::string valid_codes);

}  // namespace fairlead::service

#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fairlead/file_system.hpp"
#include "transfer/journal.hpp"
#include "transfer/resume.hpp"
#include "transfer/sessions.hpp"

namespace fairlead::transfer {

class AttemptLog;

/// The two ends of a transfer, and what is remembered about them.
struct Route {
    FileSystem& source;
    FileSystem& target;
    PlaceFacts* from = nullptr;  ///< null: nothing is known but what the session says
    PlaceFacts* to = nullptr;
    Journal* journal = nullptr;  ///< null: nothing is remembered, so nothing is kept and nothing gone on with
    Sessions* more_from = nullptr;  ///< for segments; null: there are no further sessions
    Sessions* more_to = nullptr;
    AttemptLog* log = nullptr;  ///< hears of the steps; may be null

    /// Whether what breaks off now can be found again.
    bool remembers() const noexcept { return journal != nullptr && to != nullptr && !to->identity.empty(); }
    Means means() const;
    void step(std::string_view name) const;
};

/// A transfer that broke off, and how to go on with it. Its journal entry is ours.
struct Leftover {
    Unfinished transfer;
    Verdict verdict;  ///< go_on or delivered
};

/// Finds what an earlier attempt, run or process left unfinished for `asked`, and removes what is of no use.
/// Completes `facts`, those of the source, where they are needed and not known. Throws conflict when
/// somebody else changed a target that was being appended to.
awaitable<std::optional<Leftover>> pick_up(const Route& route, const std::string& source, Entry& facts,
                                           const std::string& asked, const Options& options, bool only_look);

/// Removes what dead processes left at the target's place, which is going to be used, as far as it is not
/// worth going on with. What cannot be removed is left for another day; only a lost session or a cancellation
/// is thrown.
awaitable<void> sweep(const Route& route);

/// Removes late files: what a server made, for a session that was lost, after the transfer was over.
awaitable<void> remove_late(const Route& route);

/// Removes what a transfer left at the target and ends its entry; where that fails, the entry stays as one
/// to be removed. Throws what removing threw, but for not_found.
awaitable<void> remove_left(FileSystem& target, Journal& journal, std::uint64_t number);

/// Where the bytes of a transfer are until it is published.
const std::string& written_path(const Unfinished& transfer);

/// So many bytes of a file; fewer where it ends before.
awaitable<std::vector<std::byte>> read_range(FileSystem& files, const std::string& path, std::uint64_t offset,
                                             std::size_t length, std::optional<std::uint64_t> file_size);

/// The next bytes of a stream; fewer where it ends before. What was read beyond them is `rest`, valid until
/// the next read.
awaitable<std::vector<std::byte>> read_next(ReadStream& stream, std::size_t length,
                                            std::span<const std::byte>& rest);

}  // namespace fairlead::transfer

#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "fairlead/file_system.hpp"
#include "transfer/journal_record.hpp"
#include "transfer/options.hpp"
#include "transfer/segments.hpp"

namespace fairlead::transfer {

/// Below this many bytes, what broke off is begun anew: that is cheaper than asking.
constexpr std::uint64_t kWorthResuming = 1024 * 1024;

/// So many of the last bytes of a segment may be missing at the target when a transfer broke off, though
/// they were handed over: they were in buffers of this machine or of the server.
constexpr std::uint64_t kInBuffers = 8 * 1024 * 1024;

/// So many bytes before the seam are compared at both ends before a transfer goes on.
constexpr std::uint64_t kTail = 64 * 1024;

/// What the two ends can do for going on in the middle: what they say, less what was seen to fail.
struct Means {
    bool reads_source_at = false;
    bool reads_target_at = false;
    bool writes_target_at = false;
    bool appends = false;
    std::uint64_t unordered = 0;  ///< so far below its end a broken-off file may have holes
};

/// What stands at the target now.
struct Sight {
    std::optional<Entry> written;  ///< where the bytes went
    std::optional<Entry> target;   ///< under the final name
};

/// What is to be done about a transfer that broke off.
struct Verdict {
    enum class Kind {
        start_over,  ///< what is there is of no use
        go_on,       ///< from `offset`
        delivered,   ///< it has its final name already
        disturbed,   ///< somebody else changed the target that was being appended to
    };
    Kind kind = Kind::start_over;
    std::uint64_t offset = 0;  ///< of the source
    bool by_append = false;
    std::uint64_t compare = kTail;  ///< so many bytes before the offset prove that it is the same file
    Segments segments{};              ///< what is surely there of each
};

/// Whether it is the same source: place, path, size and time, as far as both times are precise. A source
/// without a size or without a time is never the same: nobody could tell.
bool is_same_source(const Unfinished& left, const std::string& place, const std::string& path,
                    const Entry& facts);

/// Where to go on when `have` of `size` bytes are there, of which the last ones may have holes.
Verdict go_on_from(std::uint64_t have, std::uint64_t size, const Means& means);

/// Decides, for a source that is the same. With `only_look`, nothing will be moved: what has all its bytes is
/// compared as far back as there may be holes.
Verdict judge(const Unfinished& left, const Sight& sight, const Means& means, const Options& options,
              bool only_look);

/// Whether what a failed attempt left at the target should stay there to be gone on with or looked at.
/// `arrived` bytes are there; `all_sent`: nothing of the source is missing, only the word that it arrived.
bool is_worth_keeping(const Error& failure, std::uint64_t arrived, bool all_sent, bool size_is_known,
                      const Options& options) noexcept;

/// Whether after this failure nobody knows if what was asked for was done.
bool leaves_doubt(const Error& failure) noexcept;

}  // namespace fairlead::transfer

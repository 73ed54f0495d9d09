#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// A large file in parts, each moved by a session of its own and written in place. Values and arithmetic.
namespace fairlead::transfer {

/// The bytes [begin, end) of a file, of which the first `done` are at the target.
struct Segment {
    std::uint64_t begin = 0, end = 0, done = 0;

    std::uint64_t left() const noexcept { return end - begin - done; }
    bool operator==(const Segment&) const = default;
};
using Segments = std::vector<Segment>;

/// Below this size a file is never divided, nor a segment made.
constexpr std::uint64_t kSmallestSegment = 4 * 1024 * 1024;

/// Below this size a file is not divided of its own accord, nor is what is left of a segment.
constexpr std::uint64_t kWorthDividing = 64 * 1024 * 1024;

/// `size` bytes in up to `count` parts of about the same length.
Segments divide(std::uint64_t size, unsigned count);

/// Gives the second half of what is left of it to a new segment.
Segment take_half(Segment& segment);

/// How many bytes are there.
std::uint64_t done_in(const Segments& segments) noexcept;

/// What is surely there when of each segment the last `doubtful` bytes, written when all broke off, may be
/// missing.
Segments held_back(Segments segments, std::uint64_t doubtful);

/// "0-4194304+1000 4194304-9000000+0": for the journal.
std::string to_text(const Segments& segments);
/// Whether the text tells of more than one.
inline bool are_several(std::string_view text) noexcept { return text.find(' ') != std::string_view::npos; }
/// Nothing for a text that does not tell all of a file of that size, without gaps.
std::optional<Segments> read_segments(std::string_view text, std::uint64_t size);

}  // namespace fairlead::transfer

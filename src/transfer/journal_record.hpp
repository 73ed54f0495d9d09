#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "fairlead/entry.hpp"

namespace fairlead::transfer {

/// The place of this machine's files.
constexpr std::string_view kLocalIdentity = "local";

/// One transfer under way, as its journal knows it: enough to go on with it, or to tidy up after it, on
/// another day and in another process.
struct Unfinished {
    enum class Mode {
        whole,     ///< to `temporary`, from the beginning to the end
        append,    ///< to the end of `target`, which had `existing_size` bytes before
        segments,  ///< to `temporary`, in pieces at their places
    };
    enum class State {
        begun,   ///< bytes may be at the target
        staged,  ///< all of them are, verified: about to get its name, or has it, but the source is not
                 ///< settled
        doomed,  ///< of no use any more, but still to be removed from the target
    };

    std::uint64_t number = 0;  ///< in its journal
    State state = State::begun;
    Mode mode = Mode::whole;
    Time begun{};

    std::string source_place, source_path;
    std::optional<std::uint64_t> source_size;
    std::optional<Time> source_modified;
    TimePrecision source_precision = TimePrecision::second;

    std::string target_place;
    std::string asked;      ///< the target that was asked for
    std::string target;     ///< the final name, another one with IfExists::rename
    std::string temporary;  ///< empty: written under the final name
    std::string aside;      ///< where the file that is being replaced was moved, on its way out
    std::uint64_t existing_size = 0;
    bool taken_at_once = false;  ///< see Options: only whoever moves the same file again may remove what is staged
    std::string segments;  ///< of Mode::segments: what was done of each when it was last written down

    std::uint64_t staged_size = 0;  ///< of State::staged: what the target has
    std::string checksum;           ///< "sha256:...", where one was computed
};

/// The lines of a journal. Bytes that are not UTF-8 stand in them as they are.
std::string begin_line(const Unfinished& transfer);
std::string state_line(const Unfinished& transfer);
std::string aside_line(const Unfinished& transfer);
std::string segments_line(const Unfinished& transfer);
std::string end_line(std::uint64_t number);

/// One line read back: what it says about which transfer. Nothing for a line that is torn, foreign or of a
/// newer version.
struct JournalLine {
    enum class Kind { begin, segments, staged, doomed, aside, end };
    Kind kind = Kind::begin;
    Unfinished transfer;  ///< number; and what the line holds
};
std::optional<JournalLine> read_journal_line(std::string_view line);

}  // namespace fairlead::transfer

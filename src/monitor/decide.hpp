#pragma once

#include <optional>
#include <string>

#include "catalog/file_state.hpp"
#include "monitor/rules.hpp"

/// The decisions of a monitor: no I/O, no clock of their own.
namespace fairlead::monitor {

/// Whether two looks saw the same version of a file, as far as the rules care. Times are compared as
/// precisely as the less precise of the two is; a fact that one of them lacks tells nothing.
bool differs(const catalog::FileFacts& before, const catalog::FileFacts& now, const Rules& rules);

/// What is known of an entry after it was seen. `known`: what was before, if anything. `baseline`: the first
/// look of all, which makes what is there known in silence. `is_marker`: it says something about another
/// file, and nothing is told of it.
catalog::FileState seen(const catalog::FileState* known, const Entry& entry, const Rules& rules, Time now,
                        std::uint64_t look, bool baseline, bool is_marker = false);

/// Why a file that changed is not told of yet; a sentence's end, such as "it changed 4 s ago, not 30 s".
/// Nothing: it has settled. `marker_there`: whether the marker of the rules was seen in this look.
std::optional<std::string> why_waiting(const catalog::FileState& state, const Rules& rules, Time now,
                                       bool marker_there);

/// The path of a file's marker; empty where the rules want none.
std::string marker_of(const catalog::FileState& state, const Rules& rules);

/// Tells of the change that was waiting, and gives the event.
catalog::FileEvent tell(catalog::FileState& state, const std::string& monitor, Time now);

/// The event of a file that is gone. Nothing where nobody had heard of it.
std::optional<catalog::FileEvent> tell_deleted(const catalog::FileState& state, std::uint64_t look,
                                               const std::string& monitor, Time now);

/// The event of a file that went from `gone` to `found` unchanged.
catalog::FileEvent tell_renamed(const catalog::FileState& gone, catalog::FileState& found,
                                const std::string& monitor, Time now);

/// Whether a file that came can be one that went: both of the same size, which is not 0, and of the same
/// time, known at least to the second.
bool may_be_renamed(const catalog::FileState& gone, const catalog::FileState& found);

}  // namespace fairlead::monitor

#pragma once

#include <optional>
#include <string>

#include "fairlead/file_system.hpp"
#include "transfer/options.hpp"
#include "transfer/segments.hpp"

namespace fairlead::transfer {

/// How one file will be moved. A value: decided from facts, performed elsewhere.
struct TransferPlan {
    enum class Mode {
        whole,   ///< all of it, to `temporary`, published as `target`
        append,  ///< all of it, to the end of `target`
        skip,    ///< nothing; `reason` says why
    };
    Mode mode = Mode::whole;
    std::string target;
    std::string temporary;  ///< empty: written under the final name (append, or where renaming is impossible)
    bool replace = false;   ///< whether publishing may replace what is there
    std::uint64_t existing_size = 0;  ///< with append: where the new bytes begin
    std::uint64_t offset =
        0;  ///< so many bytes of the source are there already, from a transfer that broke off
    std::uint64_t compare = 0;  ///< so many of them, the last ones, are compared with the source first
    bool only_look = false;     ///< nothing is moved: they are all there, or it fails
    bool adopted = false;       ///< they were begun by somebody else, under the final name
    Segments segments;          ///< with Mode::whole: moved in these parts, written in place; empty: in one
    bool widens = false;        ///< there may be more segments while it moves, where that is seen to help
    bool by_append = false;     ///< written to the end of what is there, and not at a position
    std::string reason;
};

/// Whether the plan depends on what is at the target now. Where it does not, nobody need ask the server.
bool needs_existing(const Options& options, const Abilities& target);

/// Whether two files differ in size, or in time as far as the coarser of their precisions can tell. What is
/// not known makes them different. `keeps_times`: the target shows the source's time, if that was asked for;
/// where no server can be told a time, a target that is older than its source is a different one.
bool differ(const Entry& source, const Entry& target, bool keeps_times);

/// Decides. `same_content` is what comparing checksums said, where that was asked for. `existing` is what
/// stands at `target` (for IfExists::rename the caller has found a free name first, so nothing does). Throws
/// already_exists, and unsupported when the target's server lacks what is needed.
TransferPlan make_plan(const Entry& source, std::string target, const std::optional<Entry>& existing,
                       const Abilities& abilities, const Options& options, std::string_view unguessable,
                       std::optional<bool> same_content = {});

}  // namespace fairlead::transfer

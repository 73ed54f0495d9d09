#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "catalog/file_version.hpp"
#include "catalog/flow.hpp"

namespace fairlead::flow {

/// What a file that was found means, by what the ledger knows of it.
struct Choice {
    enum class What {
        nothing,  ///< it has been dealt with, or is what the flow itself put there
        compare,  ///< only its content can tell: `version` is the one that it may be
        look,     ///< it is new, or has changed while it was waited for: to be recorded
        wait,     ///< it has not been the same for long enough
        deliver,  ///< to the targets that lack it
        clean,    ///< every target has it; only the source is left to deal with
    };
    What what = What::nothing;
    catalog::FileVersion version;  ///< the one known; for `look` what is to be recorded
};

/// Decides. `versions`: what the ledger has of this path, newest first.
Choice choose(const std::vector<catalog::FileVersion>& versions, const Entry& entry, const catalog::Flow& flow,
              Time now);

/// Whether a failure is of the file itself, and not of a place that cannot be reached, is full, or of a source that
/// is still being written: only then is it held against the file.
bool blames_file(const Error& error) noexcept;
/// Whether nothing more may be done in this run: it was cancelled, or another node has it.
bool ends_the_run(const Error& error) noexcept;
/// What keeps every further file from the same place too.
bool loses_place(const Error& error) noexcept;

}  // namespace fairlead::flow

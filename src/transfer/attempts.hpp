#pragma once

#include <functional>

#include "transfer/sessions.hpp"
#include "transfer/transfer.hpp"

namespace fairlead::transfer {

/// Hears of what failed and will be tried again.
using Retrying = std::function<void(const std::string& what, const Error& error, unsigned failures,
                                    std::chrono::milliseconds wait)>;

/// The two places of a run, and how what fails on the way between them is tried again.
struct Ways {
    Sessions& source;
    Sessions& target;
    Journal* journal = nullptr;
    Patience patience;
    Retrying retrying;
    /// Asked right before a file gets its final name; what it throws keeps it from being published.
    std::function<awaitable<void>(const Staged&)> before_publishing = {};
    /// Told when it certainly has not got that name, before what was staged is removed.
    std::function<awaitable<void>()> not_published = {};
    /// What the source's files look like on their way; empty: as they are.
    std::function<std::shared_ptr<FileSystem>(FileSystem&)> seen_as = {};
    AttemptLog* log = nullptr;  ///< hears of each attempt at a file, and of its steps; may be null
};

/// Moves one file as far as `staged`, or with `publish` as far as its final name, in as many attempts as
/// patience allows, each over sessions that work. An attempt that broke off is gone on with. Where nobody
/// knows whether the last one succeeded, one more look decides, even where no further attempt is allowed.
/// `unreachable` tells after a failure whether one of the places could not be reached at all.
awaitable<Staged> move_file(const Ways& ways, Job job, const Options& options, bool durable, bool publish,
                            Progress* progress, bool& unreachable);

/// Deletes or moves the source of a published file, where the options ask for it; likewise.
awaitable<void> settle(const Ways& ways, const Staged& staged, const Options& options);

/// A session to each of two places that may be away for a moment. `what` is for the news of it.
awaitable<std::pair<Sessions::Lease, Sessions::Lease>> take_both_patiently(const Ways& ways,
                                                                           const std::string& what);

/// Waits after a failure, if another attempt is due; else throws it.
awaitable<void> wait_or_throw(const Error& failure, unsigned failures, const Patience& patience,
                              const std::string& what, const Retrying& retrying);

}  // namespace fairlead::transfer

#pragma once

#include <functional>
#include <memory>
#include <string>

#include "flow/recipe.hpp"
#include "net/rate_limit.hpp"

namespace fairlead::flow {

/// How a version is read: what the steps make of it on the way, and what is to be proven.
struct ReadingPlan {
    Entry facts;  ///< of the source, with its path
    Recipe recipe;
    bool proves = false;      ///< the source's checksum, too, must be that of what was read
    net::RateLimits limits;   ///< of the source's bandwidth
    std::string gnupg_home, spool;
};

/// Opens a version for reading through its steps, each of which works on a thread of its own as the bytes pass: nothing
/// is kept, and whoever is slower is waited for. The end only comes once the source has proven that it is the whole of the
/// version; `sums` are known then. `files`, one session to the source, is used until the end, or until close.
awaitable<std::unique_ptr<ReadStream>> open_reading(FileSystem& files, std::shared_ptr<const ReadingPlan> plan,
                                                    std::shared_ptr<Sums> sums);

/// The facts of what is read: with changes, its size is not known before.
Entry facts_of(const ReadingPlan& plan);

/// The source as it looks to a transfer that reads through it.
std::shared_ptr<FileSystem> as_read(std::shared_ptr<const ReadingPlan> plan,
                                    std::function<awaitable<std::unique_ptr<ReadStream>>()> open);

}  // namespace fairlead::flow

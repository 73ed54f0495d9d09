#pragma once

#include <string>

#include "fairlead/file_system.hpp"
#include "transfer/plan.hpp"

/// Moving one file, in steps: plan, stage (the bytes, under a temporary name, verified), publish (the final
/// name), and what happens to the source afterwards. Whatever fails, the final name keeps what it had, and
/// the temporary file is removed where the session still works; else the error names it.
namespace fairlead::transfer {

/// One file to be moved.
struct Job {
    std::string source;  ///< path in the source's file system
    Entry facts;         ///< what is known about it; size and time may be absent
    std::string target;  ///< path in the target's file system
    bool careful =
        true;  ///< look at the source again when it was read; false where the listing was just made
};

/// A file whose bytes are at the target, verified but not yet published.
struct Staged {
    Job job;
    TransferPlan plan;
    TransferResult result;
};

/// Decides what to do and moves the bytes. Leaves nothing behind when it throws. With `durable` false, the
/// bytes need FileSystem::sync before they are published.
awaitable<Staged> stage(FileSystem& source, FileSystem& target, Job job, const Options& options, bool durable,
                        Progress* progress);

/// Publishes what was staged; removes it when that fails.
awaitable<void> publish_staged(FileSystem& target, Staged& staged);

/// Removes a staged file that will not be published.
awaitable<void> discard(FileSystem& target, const Staged& staged);

/// Deletes or moves the source, where the options ask for it. Only after publishing.
awaitable<void> settle_source(FileSystem& source, const Staged& staged, const Options& options);

/// All steps for one file. When it returns, the target is published, verified, and durable where that was
/// asked for.
awaitable<TransferResult> transfer_file(FileSystem& source, FileSystem& target, Job job,
                                        const Options& options, Progress* progress = nullptr);

}  // namespace fairlead::transfer

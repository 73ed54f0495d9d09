#pragma once

#include <functional>
#include <string>

#include "fairlead/file_system.hpp"
#include "transfer/leftover.hpp"
#include "transfer/plan.hpp"

/// Moving one file, in steps: plan, stage (the bytes, under a temporary name, verified), publish (the final
/// name), and what happens to the source afterwards. Whatever fails, the final name keeps what it had. What
/// is at the target then is kept where it can be gone on with, else removed where the session still works;
/// else the next transfer there removes it.
namespace fairlead::transfer {

/// One file to be moved.
struct Job {
    std::string source;  ///< path in the source's file system
    Entry facts;         ///< what is known about it; size and time may be absent
    std::string target;  ///< path in the target's file system
    bool careful =
        true;         ///< look at the source again when it was read; false where the listing was just made
    bool proves_itself = false;  ///< its stream ends only when what was read is proven: it is not asked again
    std::string why;  ///< for the report: what makes it necessary, such as "added"
};

/// A file on its way, and how far it is.
struct Staged {
    /// Each step that can be told from outside is entered before its first effect.
    enum class Phase {
        planned,    ///< nothing was written yet
        moving,     ///< some of the bytes may be at the target
        sent,       ///< all of them left; whether they arrived is not proven
        staged,     ///< proven, under the temporary name
        published,  ///< under the final name
    };
    Job job;
    TransferPlan plan;
    TransferResult result;
    Phase phase = Phase::planned;
    std::uint64_t entry = 0;     ///< in the route's journal; 0: none
    bool start_over = false;     ///< after a failure: going on did not work, from the beginning it may
    std::shared_ptr<void> name;  ///< the right to a name that others could choose too
    std::optional<std::uint64_t> told_size;  ///< of the file at the target, as its server told at the end
    bool kept = false;  ///< after a failure: what arrived stays at the target, to be gone on with
};

/// Decides what to do and moves the bytes. With `durable` false, they need FileSystem::sync before they are
/// published. With `only_look`, no bytes are moved: it either finds that they all arrived, or fails.
/// `staged`, which the caller fills with the job alone, tells after a failure how far it came.
awaitable<void> stage(const Route& route, Staged& staged, const Options& options, bool durable,
                      Progress* progress, bool only_look = false);

/// Decides what `stage` would do, and puts it into `staged.result`; touches nothing.
awaitable<void> foresee(const Route& route, Staged& staged, const Options& options);

/// Publishes what was staged; removes it when that is refused. Where nobody knows whether it was done, it
/// stays in the journal, for somebody to look. `refused` is called before it is removed; where that throws, it stays.
awaitable<void> publish_staged(const Route& route, Staged& staged, const std::function<awaitable<void>()>& refused = {});

/// Removes a staged file that will not be published.
awaitable<void> discard(const Route& route, Staged& staged);

/// Deletes or moves the source, where the options ask for it. Only after publishing. One that is gone
/// already is as it should be.
awaitable<void> settle_source(FileSystem& source, const Staged& staged, const Options& options);

/// Nothing of it is open any more.
void conclude(Journal* journal, Staged& staged);

/// All steps for one file over two sessions, in one attempt. When it returns, the target is published,
/// verified, and durable where that was asked for.
awaitable<TransferResult> transfer_file(FileSystem& source, FileSystem& target, Job job,
                                        const Options& options, Progress* progress = nullptr);

}  // namespace fairlead::transfer

#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <optional>
#include <string>
#include <unordered_set>

#include "base/queue.hpp"
#include "transfer/attempts.hpp"
#include "transfer/publisher.hpp"
#include "transfer/sessions.hpp"
#include "transfer/transfer.hpp"

namespace fairlead::transfer {

/// Hears what becomes of each file of a run.
class RunListener : public Progress {
  public:
    virtual void done(const TransferResult& result) = 0;
    virtual void failed(const std::string& source, const Error& error) = 0;
    /// So many bytes more will be moved, as far as is known.
    virtual void expected(std::uint64_t /*bytes*/) {}
    /// Something that is no file to be moved, such as a pipe; `why` completes "left out, because ".
    virtual void left_out(const std::string& /*source*/, const std::string& /*why*/) {}
    /// Somebody asked to stop; the error's hint says what stays at the target to be gone on with.
    virtual void stopped(const std::string& /*source*/, const Error& /*error*/) {}
    /// After so many failures it will be tried again; `what` is a source, or a place.
    virtual void retrying(const std::string& /*what*/, const Error& /*error*/, unsigned /*failures*/,
                          std::chrono::milliseconds /*wait*/) {}
};

struct RunSummary {
    std::uint64_t transferred = 0, skipped = 0, failed = 0, bytes = 0;
    std::optional<Error> first_failure;
};

/// Moves many files from one place to another with all the sessions there are: as many files at once as the
/// sessions of both places allow, small ones by the dozen over one session that can do that. What
/// fails for something that may pass is tried again, and goes on where it broke off; what a dead process left
/// unfinished at the target is gone on with, or removed. A file that fails for good is reported and the
/// others go on, except after what will fail them too (disk full, log-in refused, cancelled): then no further
/// file is begun, those under way are finished, and that error is thrown.
class Run {
  public:
    /// Without a journal, what breaks off is remembered as long as this object lives. Unless the options say
    /// how often to try again, the more patient of the two places does.
    Run(boost::asio::any_io_executor executor, Sessions& source, Sessions& target, Options options,
        RunListener& listener, Journal* journal = nullptr);

    /// Runs `produce`, which calls add (and make_directory) for what is to be moved, and moves it. Returns
    /// when everything that was added has been moved and published, or has failed.
    awaitable<RunSummary> run(std::function<awaitable<void>(Run&)> produce);

    /// Adds a file; waits while many are waiting. For `produce`.
    awaitable<void> add(Job job);
    /// Makes a directory on the target, with its parents, unless it is there. For `produce`.
    awaitable<void> make_directory(std::string path);
    /// Makes the symbolic link `job.target`, which says `says`, as the options want existing targets treated.
    /// Reports it, or its failure. For `produce`.
    awaitable<void> make_link(Job job, std::string says);
    /// Reports something that never became a file to move, such as a directory that cannot be listed.
    void report_failure(const std::string& source, const Error& error);
    RunListener& listener() noexcept { return listener_; }
    const Options& options() const noexcept { return options_; }

  private:
    awaitable<void> foresee_only(Job& job);
    awaitable<void> work();
    /// Sessions of one place that a file takes.
    unsigned each_takes() const {
        return (&source_ == &target_ ? 2 : 1) * std::max(1u, options_.segments.value_or(1));
    }
    awaitable<void> move(Job& job);
    awaitable<void> settle_and_report(Staged& staged);
    awaitable<void> move_and_publish(Job& job);
    awaitable<void> run_all(std::function<awaitable<void>(Run&)>& produce);
    awaitable<void> prepare(unsigned& workers, bool& together);
    void report(Staged& staged);
    void stop(const Error& error);
    awaitable<void> admit(std::uint64_t size);
    awaitable<void> remove_late_files();
    awaitable<void> move_all(std::function<awaitable<void>(Run&)>& produce);

    boost::asio::any_io_executor executor_;
    Sessions& source_;
    Sessions& target_;
    Options options_;
    RunListener& listener_;
    Journal own_journal_;
    Ways ways_;
    Queue<Job> jobs_;
    RunSummary summary_;
    std::optional<Error> fatal_;
    std::unordered_set<std::string> made_;
    bool target_folds_case_ = false;
    std::unordered_set<std::string> folded_;  // targets of this run, where the target takes "a" for "A"
    std::optional<Publisher> publisher_;
    std::uint64_t bytes_under_way_ = 0;
    unsigned files_under_way_ = 0;
    Event admission_;
};

}  // namespace fairlead::transfer

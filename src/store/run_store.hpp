#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/run.hpp"

namespace fairlead::store {

/// Which runs. Conditions that are set must all hold.
struct RunQuery {
    std::vector<std::string> projects;  ///< any of them; empty: all
    std::vector<catalog::RunState> states;
    std::string kind, subject, connection;
    std::string not_on;  ///< only those that this node cannot execute, because their documents lie on another
    std::string file;  ///< of one of its files, at the source or at the target: its name, or a shell pattern for that
    std::optional<Time> since, until;  ///< created
    std::string before;  ///< the id of a run: only older ones, for the next page
    std::size_t limit = 100;
};

/// Which files of runs. Conditions that are set must all hold.
struct FileQuery {
    std::string project;
    std::string connection;  ///< the file came from it, or went to it
    std::string name;        ///< a shell pattern for the last part of its source's or target's path
    std::string subject;     ///< of the run
    std::string outcome;     ///< such as "transferred"
    std::optional<bool> failed;
    std::optional<Time> since, until;  ///< when its end was recorded
    struct Mark {
        Time at{};
        std::string run;
        std::int64_t number = 0;
    };
    std::optional<Mark> before;  ///< only files before this one, for the next page
    std::size_t limit = 100;
};

/// A file, and whose.
struct FoundFile {
    std::string run, kind, subject, connection;
    catalog::RunFile file;
};
/// The file, and whose it is: run, kind, subject, connection.
boost::json::object to_json(const FoundFile& found);
/// Where the page after this file begins.
inline FileQuery::Mark mark_of(const FoundFile& found) {
    return {found.file.finished_at.value_or(Time{}), found.run, found.file.number};
}

/// Which events: those after `after`.
struct EventQuery {
    std::int64_t after = 0;
    std::string run;                    ///< empty: of all
    std::vector<std::string> projects;  ///< any of them; empty: all
    std::size_t limit = 500;
};

/// Who asks for work, and which.
struct Claim {
    std::string owner;
    std::string node;                ///< runs that only another node can execute are passed over
    std::vector<std::string> kinds;  ///< any of them; empty: all
    Time now{};
    Time until{};  ///< of the lease
};

/// What is to be forgotten.
struct Retention {
    std::chrono::milliseconds keep_runs{std::chrono::days(30)};
    std::size_t at_once = 500;  ///< so many runs in one call, and ten times as many rows: nobody waits long for it
};
struct Forgotten {
    std::vector<std::string> ids;  ///< of runs
    bool more = false;             ///< there may be further ones
};

/// What is wanted of whoever works on a run.
enum class RunWish { none, pause, stop };

/// Where runs are kept. Every change is one transaction and leaves its event. Used from one thread.
///
/// A run that is running belongs to the owner of its lease. Changes by an owner name the fence that it was
/// given; when another one has taken the run over meanwhile they throw Error{conflict} and change nothing, so
/// that whoever lost its lease can neither report nor publish.
class RunStore {
  public:
    virtual ~RunStore() = default;

    /// Records a new run: queued, or, with a lease, begun by its owner at once.
    virtual void insert(const catalog::Run& run) = 0;
    virtual std::optional<catalog::Run> find(std::string_view id) = 0;
    /// Newest first.
    virtual std::vector<catalog::Run> list(const RunQuery& query) = 0;
    /// The files of all runs, those that were recorded last first. Throws invalid_argument for a pattern that
    /// cannot be read.
    virtual std::vector<FoundFile> find_files(const FileQuery& query) = 0;
    /// How many are in this state.
    virtual std::uint64_t count(catalog::RunState state) = 0;

    /// Takes the next run that is due: the most urgent; of those, one of the project, and then of the connection, of
    /// which the fewest are running, and which had no turn for the longest time, so that nobody's many keep others'
    /// few waiting; of those the oldest. Nothing when there is none. What it costs grows with the number of
    /// different projects and connections in the queue, not with its length.
    virtual std::optional<catalog::Run> claim(const Claim& claim) = 0;
    /// Takes this one, if it is queued.
    virtual std::optional<catalog::Run> claim(std::string_view id, std::string_view owner, Time now, Time until) = 0;
    /// Keeps the lease. Gives what somebody has asked for meanwhile.
    virtual RunWish renew(std::string_view id, std::int64_t fence, Time until) = 0;
    /// The runs whose owner has not renewed its lease in time.
    virtual std::vector<catalog::Run> expired(Time now) = 0;
    /// Runs that were queued at a time that has not come yet are due at once: the clock was ahead.
    virtual void bring_forward(Time now) = 0;
    /// All that are running, whoever has them.
    virtual std::vector<catalog::Run> running() = 0;
    /// Puts a run that lost its owner back into the queue, if its fence is still this one; one that was asked to
    /// pause is paused then. Gives whether it was.
    virtual bool requeue(std::string_view id, std::int64_t fence, Time now, std::string_view reason) = 0;

    /// Records a file, or what became of it, and adds it to the run's sums.
    virtual void put_file(std::string_view id, std::int64_t fence, const catalog::RunFile& file, Time now) = 0;
    /// By number, from `from` on.
    virtual std::vector<catalog::RunFile> files(std::string_view id, std::int64_t from, std::size_t limit) = 0;
    /// An event without a change.
    virtual void note(std::string_view id, std::int64_t fence, std::string_view type,
                      const boost::json::object& data, Time now) = 0;
    /// Adds to what was said with servers during the run. Gives how many bytes of it there are now.
    virtual std::uint64_t add_trace(std::string_view id, std::int64_t fence, std::string_view text) = 0;
    /// All that was said; empty where nothing was to be kept.
    virtual std::string trace(std::string_view id) = 0;
    /// The run has ended.
    virtual void finish(std::string_view id, std::int64_t fence, catalog::RunState state,
                        const std::optional<Error>& error, Time now) = 0;

    /// Asks a run to stop: one that is queued is cancelled at once, one that is running when its owner looks.
    /// Throws not_found, and conflict for one that has ended.
    virtual catalog::Run request_cancel(std::string_view id, Time now) = 0;
    /// Asks a run to wait until it is resumed: one that is queued is paused at once, one that is running when its
    /// owner looks. Throws not_found, and conflict for one that has ended.
    virtual catalog::Run request_pause(std::string_view id, Time now) = 0;
    /// Puts a paused run back into the queue; one that has not stopped yet goes on. Throws not_found, and conflict
    /// for one that nobody has paused.
    virtual catalog::Run resume(std::string_view id, Time now) = 0;

    virtual std::vector<catalog::RunEvent> events(const EventQuery& query) = 0;
    /// The number of the newest event; 0 when there has been none.
    virtual std::int64_t newest_event() = 0;

    /// Forgets runs that ended before `now - keep_runs`, with their files and events, a part of them. Gives their
    /// ids: what they left on disk is for the caller to remove.
    virtual Forgotten forget(const Retention& retention, Time now) = 0;
};

}  // namespace fairlead::store

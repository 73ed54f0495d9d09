#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/file_state.hpp"

namespace fairlead::store {

/// Who wants to look, and how.
struct LookStart {
    std::string owner;  ///< empty: whoever else is looking loses the right to
    Time now{};
    Time until{};  ///< the right to look ends then, unless it is renewed
    /// Only if the look before left no later time than this: nobody has looked since. Absent: in any case.
    std::optional<Time> due_by = {};
};

/// What a look leaves behind.
struct LookEnd {
    Time at{};
    bool complete = false;  ///< it saw everything there was
    Time next{};            ///< when the next one is due
    std::uint64_t seen = 0;
    std::uint64_t waiting = 0;
    bool missing = false;
    std::string problem;  ///< an error document; empty: none
};

/// How far a monitor has come.
struct MonitorStatus {
    std::string monitor;
    std::uint64_t begun = 0;  ///< the number of the last look that was begun
    std::uint64_t ended = 0;  ///< of the last one that saw everything; 0: none yet
    Time ended_at{};
    Time next{};
    std::uint64_t failures = 0;  ///< looks in a row that saw less than everything
    LookEnd last;                ///< the last one that ended in any way; its `at` is 0 when there was none
    std::string owner;           ///< who is looking
    Time until{};
};

/// What monitors know of each file. Nothing is ever held whole: what can be large comes in pages, by path.
/// Every call is one transaction, so a file's state and the event about it are written together or not at all.
/// Used from one thread.
///
/// One at a time looks for a monitor. The number of its look is its right: whoever was overtaken gets
/// Error{conflict}, and changes nothing.
class MonitorStore {
  public:
    virtual ~MonitorStore() = default;

    /// Begins a look: gives its number, 1 for the first. Nothing when another owner has the right to, or when
    /// none is due. Nothing of it counts until states say so.
    virtual std::optional<std::uint64_t> begin_look(std::string_view monitor, const LookStart& start) = 0;
    /// The look takes longer. False: another one has overtaken it.
    virtual bool renew_look(std::string_view monitor, std::uint64_t look, Time until) = 0;
    /// The look is over.
    virtual void end_look(std::string_view monitor, std::uint64_t look, const LookEnd& end) = 0;
    /// Whether a look has ever come to its end: else the next one is the baseline.
    virtual bool has_baseline(std::string_view monitor) = 0;

    virtual std::optional<MonitorStatus> status(std::string_view monitor) = 0;
    /// By monitor, after `after`.
    virtual std::vector<MonitorStatus> statuses(std::string_view after, std::size_t limit) = 0;

    /// What is known of these paths; those that are not known are left out.
    virtual std::vector<catalog::FileState> find(std::string_view monitor,
                                                 std::span<const std::string> paths) = 0;
    /// What is known, by path, after `after`.
    virtual std::vector<catalog::FileState> files(std::string_view monitor, std::string_view after,
                                                  std::size_t limit) = 0;
    virtual std::uint64_t count_files(std::string_view monitor) = 0;
    /// Files that the look did not record, by path, after `after`: those that it did not see, or saw as they were.
    virtual std::vector<catalog::FileState> unrecorded(std::string_view monitor, std::uint64_t look,
                                                   std::string_view after, std::size_t limit) = 0;
    /// Files with a change that is not told yet and that the look recorded, by path, after `after`.
    virtual std::vector<catalog::FileState> waiting(std::string_view monitor, std::uint64_t look,
                                                    std::string_view after, std::size_t limit) = 0;
    /// Files that came in this look and have this size: at most `limit`.
    virtual std::vector<catalog::FileState> came(std::string_view monitor, std::uint64_t look,
                                                 std::uint64_t size, std::size_t limit) = 0;

    struct Changes {
        std::vector<catalog::FileState> states;  ///< to be kept, new or not
        std::vector<std::string> forgotten;      ///< paths of files that are gone
        std::vector<catalog::FileEvent> events;  ///< to be told (EventStore); their sequence is given there
        bool empty() const { return states.empty() && forgotten.empty() && events.empty(); }
    };
    /// What the look found out.
    virtual void save(std::string_view monitor, std::uint64_t look, const Changes& changes) = 0;

    /// Forgets what is known: the next look is a first one. Events that are not told yet stay.
    virtual void reset(std::string_view monitor) = 0;
    /// Forgets everything about a monitor, its events and who takes them.
    virtual void remove(std::string_view monitor) = 0;
};

}  // namespace fairlead::store

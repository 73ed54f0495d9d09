#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/file_version.hpp"

namespace fairlead::store {

/// Which versions of a flow's files.
struct VersionQuery {
    std::string flow;
    std::vector<catalog::VersionState> states;  ///< any of them; empty: all
    std::string path;                           ///< exactly; empty: all
    std::int64_t before = 0;                    ///< only older ones, for the next page; 0: from the newest on
    std::size_t limit = 100;
};

/// The ledger of deliveries: each version of each file that a flow has seen, and which target has it. Every call
/// is one transaction. Used from one thread.
class DeliveryStore {
  public:
    virtual ~DeliveryStore() = default;

    /// Takes the flow for a run: a flow is worked on by one run at a time. Gives the id of the run that has it,
    /// if that is another one and still running.
    virtual std::optional<std::string> take(std::string_view flow, std::string_view run) = 0;

    /// The versions of the file at this path, and those that were moved to it, newest first.
    virtual std::vector<catalog::FileVersion> versions_of(std::string_view flow, std::string_view path) = 0;
    /// Newest first.
    virtual std::vector<catalog::FileVersion> list(const VersionQuery& query) = 0;
    /// Records a version; one without a number is new, and gets its number and its counter.
    virtual void put(catalog::FileVersion& version) = 0;
    /// Forgets versions, so that what is there again counts as new. Gives how many.
    virtual std::size_t forget(const VersionQuery& query) = 0;
    /// Forgets all that is known of a flow.
    virtual void forget_flow(std::string_view flow) = 0;
    /// Whether another version with this content was delivered by the flow.
    virtual std::optional<catalog::FileVersion> same_content(std::string_view flow, std::string_view hash,
                                                             std::int64_t besides) = 0;

    /// Takes a moment of a flow's schedule: true for the first that asks, on whichever node.
    virtual bool take_moment(std::string_view flow, Time moment, Time now) = 0;
    /// The newest moment that was taken.
    virtual std::optional<Time> last_moment(std::string_view flow) = 0;
    /// Those after this time were not taken: the clock was ahead.
    virtual void forget_moments_after(std::string_view flow, Time time) = 0;
    /// Notes that something about a flow was dealt with (a run that it follows, a missed expectation): true the first
    /// time.
    virtual bool take_notice(std::string_view flow, std::string_view key, Time now) = 0;
    virtual bool has_notice(std::string_view flow, std::string_view key) = 0;
    /// Forgets what was dealt with, and moments but for each flow's newest, before this time; at most `limit` of each.
    /// Gives how many.
    virtual std::int64_t forget_notes(Time before, std::size_t limit) = 0;
    /// Forgets versions that were done with before this time and that cannot be at the source any more: those that a
    /// newer version of the same path has replaced, and those that the flow removed or found gone. What was left or moved
    /// where it may be seen again stays: else it would be delivered twice. At most `limit`; gives how many.
    virtual std::int64_t forget_versions(Time before, std::size_t limit) = 0;
};

}  // namespace fairlead::store

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

/// Something that was told, or is to be told, about a flow.
struct Notice {
    std::string flow, key;
    Time at{};
    std::string document;       ///< a CloudEvent
    std::optional<Time> due;    ///< of the next attempt; absent: it was told, or given up
    std::int64_t attempts = 0;
    std::string problem;        ///< of the last attempt
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
    /// Notes that something about a flow was dealt with (a run that it follows, a missed expectation): true the first
    /// time. With a document, it is due to be told.
    virtual bool take_notice(std::string_view flow, std::string_view key, Time now, std::string_view document = {}) = 0;
    virtual bool has_notice(std::string_view flow, std::string_view key) = 0;
    /// Those of all flows that are due at `now`, the longest due first.
    virtual std::vector<Notice> due_notices(Time now, std::size_t limit) = 0;
    /// Those of a flow that have a document, newest first.
    virtual std::vector<Notice> notices(std::string_view flow, std::size_t limit) = 0;
    /// An attempt was made; `again`: when there will be another one.
    virtual void told(const Notice& notice, std::optional<Time> again, std::string_view problem) = 0;
};

}  // namespace fairlead::store

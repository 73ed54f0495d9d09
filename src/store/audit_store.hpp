#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fairlead/entry.hpp"

namespace fairlead::store {

/// Something that was done: a change of a resource (written by ResourceStore::apply), or another event of
/// note, such as a rotation of the key or a refused log-in.
struct AuditEntry {
    std::int64_t sequence = 0;  ///< given by the store; grows
    Time at{};
    std::string by;
    std::string via;     ///< "cli", "api", ...
    std::string action;  ///< a Change, or another word
    std::string kind;    ///< of the thing; empty: none
    std::string project;
    std::string name;
    std::string resource;  ///< its id; empty: none
    std::int64_t revision = 0;
    boost::json::object detail;  ///< of an event without a resource; never a secret
};

/// Which entries are wanted, newest first. All conditions that are set must hold.
struct AuditQuery {
    std::optional<Time> since, until;  ///< from, and before
    std::string by, action, kind, project, name, resource;
    std::string text;                    ///< found in name, who, or action, without regard to case
    std::optional<std::int64_t> before;  ///< a sequence: only older ones, for the next page
    std::size_t limit = 100;
};

/// Who did what, when. Used from one thread.
class AuditStore {
  public:
    virtual ~AuditStore() = default;
    virtual std::vector<AuditEntry> list(const AuditQuery& query) = 0;
    /// Records an event that changes no resource; the sequence is given here.
    virtual void record(const AuditEntry& entry) = 0;
    /// Forgets events without a resource, and revisions of resources that are gone, older than this. Gives
    /// how many.
    virtual std::int64_t forget_before(Time time) = 0;
};

}  // namespace fairlead::store

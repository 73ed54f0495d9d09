#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/resource.hpp"

namespace fairlead::store {

/// What a change did, for the list of revisions and the audit.
enum class Change { create, update, rename, move, enable, disable, rollback, import, rotate, remove };
/// "create", "update", ..., "delete" for remove.
std::string_view to_string(Change change) noexcept;
/// Throws Error{internal}: the words come from a store.
Change parse_change(std::string_view word);

/// One thing to be changed. The resource is as it shall be, with its new revision (1 for create) and who and
/// when in its record; for remove with the stored revision, and who and when.
struct ResourceChange {
    Change change = Change::create;
    catalog::Resource resource;
    std::vector<std::string> changed_secrets;  ///< field paths; recorded by name
};

/// One change of a resource, as it was recorded.
struct Revision {
    std::int64_t number = 0;
    Change change = Change::create;
    catalog::Resource resource;                ///< after the change, without secrets; of remove: as it was
    std::vector<std::string> changed_secrets;  ///< their field paths
};

/// Which resources are wanted. All conditions that are set must hold.
struct ResourceQuery {
    catalog::Kind kind = catalog::Kind::connection;
    std::vector<std::string> projects;  ///< of any of them; empty: of all
    std::string text;                   ///< found in the name, without regard to case
    std::string tag;
    std::optional<bool> enabled;
    enum class Order { name, created, updated } order = Order::name;
    bool descending = false;
    std::string after;  ///< the cursor of the last one that is known: `cursor_of`; empty: from the beginning
    std::size_t limit = 0;  ///< 0: all
};

/// Where a page that ends with this resource goes on.
std::string cursor_of(const catalog::Resource& resource, ResourceQuery::Order order);

/// Everything that is stored under a name. Secrets come and go sealed. Used from one thread.
class ResourceStore {
  public:
    virtual ~ResourceStore() = default;

    /// By name, without regard to case, in exactly this project.
    virtual std::optional<catalog::Resource> find(catalog::Kind kind, std::string_view project,
                                                  std::string_view name) = 0;
    virtual std::optional<catalog::Resource> find(std::string_view id) = 0;
    /// In the order of the query. Throws invalid_argument for a cursor that is none.
    virtual std::vector<catalog::Resource> list(const ResourceQuery& query) = 0;
    /// By name.
    virtual std::vector<std::string> names(catalog::Kind kind, std::string_view project) = 0;

    /// All of them or none, in one transaction; each leaves a revision, which is its audit entry too. `via`
    /// says how it was asked for, such as "cli" or "api". Throws already_exists when a name is taken,
    /// conflict when a stored revision is not the one before (or, for remove, not the one of the record),
    /// each naming the thing.
    virtual void apply(std::span<const ResourceChange> changes, std::string_view via) = 0;
    void apply(const ResourceChange& change, std::string_view via) { apply(std::span(&change, 1), via); }

    /// Oldest first; also of what has been removed.
    virtual std::vector<Revision> revisions(std::string_view id) = 0;

    /// What refers to a thing by this name: in its project, or, for `global`, in every project.
    virtual std::vector<catalog::Resource> users_of(catalog::Kind kind, std::string_view project,
                                                    std::string_view name) = 0;
};

}  // namespace fairlead::store

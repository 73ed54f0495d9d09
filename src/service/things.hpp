#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/resource.hpp"
#include "fairlead/error.hpp"
#include "service/actor.hpp"
#include "store/resource_store.hpp"

namespace fairlead::store {
class Store;
}

namespace fairlead::service {

class Vault;
class Workspace;

/// A thing as it is stored now, with what should be said about it.
struct Changed {
    catalog::Resource resource;
    std::vector<Fault> warnings;
};

/// What can be done with a stored thing whatever it is (see catalog::KindRow): its name, its place, its past, and who
/// uses it. Names are looked up in the project first, then in `global`, without regard to case. Every change makes a
/// revision. Where a revision can be expected, a stale one throws conflict.
class Things {
  public:
    using Kind = catalog::Kind;
    using Revision = std::optional<std::int64_t>;

    /// The workspace, or the references, must outlive this object.
    explicit Things(Workspace& workspace);
    Things(store::Store& store, Vault& vault, const Actor& actor);

    /// Throws not_found, with a near name as a hint.
    catalog::Resource get(Kind kind, std::string_view project, std::string_view name);
    /// The same as it can be used. Throws Error{disabled}, too.
    catalog::Resource usable(Kind kind, std::string_view project, std::string_view name);
    /// Those of the project and of `global`, by name; a project's own hides a global one of the same name.
    std::vector<catalog::Resource> list(Kind kind, std::string_view project);
    std::vector<std::string> names(Kind kind, std::string_view project);
    /// The changes, newest first.
    std::vector<store::Revision> history(Kind kind, std::string_view project, std::string_view name);
    /// What uses it.
    std::vector<catalog::Resource> users(Kind kind, std::string_view project, std::string_view name);

    /// Of kinds that are made of their fields (catalog::KindRow::laid). Throws already_exists for a name that is taken,
    /// invalid_argument with every fault. Warns of what it uses and is not there.
    Changed create(Kind kind, std::string_view project, std::string_view name, const boost::json::object& fields);
    /// Lays the fields over what is there; with `replace`, over the defaults, but secrets stay unless they are named.
    /// Another name among them is a rename. Warnings as with `create`, and as store_changes has them.
    Changed update(Kind kind, std::string_view project, std::string_view name, const boost::json::object& fields,
                   bool replace = false, Revision expected = {});
    /// What uses it follows, in the same transaction. Throws already_exists, invalid_argument.
    Changed rename(Kind kind, std::string_view project, std::string_view name, std::string_view new_name,
                   Revision expected = {});
    /// A copy under another name, with the secrets.
    Changed duplicate(Kind kind, std::string_view project, std::string_view name, std::string_view new_name);
    /// Into another project, or `global`. Throws conflict when something that uses it would not find it there, unless
    /// forced. Warns of what it uses and is not there.
    Changed move(Kind kind, std::string_view project, std::string_view name, std::string_view to, bool force = false,
                 Revision expected = {});
    Changed set_enabled(Kind kind, std::string_view project, std::string_view name, bool enabled,
                        Revision expected = {});
    /// As it was at that revision, as a new one. Name and project stay, and so do the secrets, which no revision
    /// holds; a warning names those that were others then. Throws not_found for a revision that there is not.
    Changed rollback(Kind kind, std::string_view project, std::string_view name, std::int64_t to,
                     Revision expected = {});
    /// Throws conflict while something uses it, unless forced.
    void remove(Kind kind, std::string_view project, std::string_view name, bool force = false,
                Revision expected = {});

    /// The changes of what uses a thing that gets another name, stamped: they belong into the transaction that renames
    /// it. Throws already_exists when a user in another project would find that project's own one by the new name.
    std::vector<store::ResourceChange> follow_rename(const catalog::Resource& renamed, std::string_view old_name);

  private:
    catalog::Resource expected(Kind kind, std::string_view project, std::string_view name, Revision revision);
    Changed laid_over(const catalog::Resource& base, const boost::json::object& fields, store::Change change);
    /// Puts those of the fields that are secrets into the resource, sealed.
    void seal(store::ResourceChange& change, const boost::json::object& fields, std::vector<Fault>& faults);
    /// What it uses and its project does not see.
    std::vector<catalog::Reference> missing(const catalog::Resource& resource);
    void warn_of_missing(const catalog::Resource& resource, std::vector<Fault>& warnings);
    /// Stores stamped changes; the first one is what it is about.
    Changed stored(std::vector<store::ResourceChange> changes, std::vector<Fault> warnings = {});
    Changed stored(catalog::Resource resource, store::Change change, std::vector<Fault> warnings = {});

    store::Store& all_;
    store::ResourceStore& store_;
    Vault& vault_;
    const Actor& actor_;
};

/// What only the stored secrets of a thing need: among its references, and in no field that can be read.
std::vector<catalog::Reference> needed_by_secrets(const catalog::Resource& stored);

}  // namespace fairlead::service

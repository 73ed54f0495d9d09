#include "service/things.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <functional>
#include <iterator>

#include "base/near.hpp"
#include "catalog/connection_resource.hpp"
#include "catalog/kinds.hpp"
#include "catalog/rename_reference.hpp"
#include "catalog/secret_reference.hpp"
#include "service/connection_change.hpp"
#include "service/flow_times.hpp"
#include "service/stamp.hpp"
#include "service/store_changes.hpp"
#include "service/usage.hpp"
#include "service/vault.hpp"
#include "service/workspace.hpp"
#include "store/store.hpp"

namespace fairlead::service {
namespace {

namespace json = boost::json;
using catalog::Kind;
using catalog::name_key;
using catalog::Reference;
using catalog::Resource;

/// Adds what is global to a project's own, by name; an own one hides a global one of the same name.
template <class Item, class Name>
void add_unhidden(std::vector<Item>& own, std::vector<Item> global, Name name) {
    const auto key = [&](const Item& item) { return name_key(std::invoke(name, item)); };
    std::erase_if(global, [&](const Item& item) { return std::ranges::binary_search(own, key(item), std::less<>{}, key); });
    std::ranges::move(global, std::back_inserter(own));
    std::ranges::sort(own, std::less<>{}, key);
}

/// Checks it as its kind wants it; what was found wrong before comes first. Throws invalid_argument with every fault;
/// gives the warnings.
std::vector<Fault> check(Resource& resource, catalog::Verdict verdict = {}) {
    resource = catalog::row_of(resource.kind).checked(std::move(resource), verdict);
    if (verdict.faults.empty()) return std::move(verdict.warnings);
    const auto& first = verdict.faults.front();
    Error error(ErrorCode::invalid_argument,
                fmt::format("The {} is not valid: {} {}.", to_string(resource.kind), first.field, first.problem));
    error.faults = std::move(verdict.faults);
    throw error;
}

/// The secrets that changed after a revision, each once.
std::vector<std::string> changed_since(const std::vector<store::Revision>& revisions, std::int64_t number) {
    std::vector<std::string> fields;
    for (const auto& revision : revisions)
        if (revision.number > number)
            for (const auto& field : revision.changed_secrets)
                if (std::ranges::find(fields, field) == fields.end()) fields.push_back(field);
    return fields;
}

}  // namespace

std::vector<Reference> needed_by_secrets(const Resource& stored) {
    catalog::Verdict ignored;
    const auto plain = catalog::row_of(stored.kind).checked(stored, ignored).references;
    auto references = stored.references;
    std::erase_if(references, [&](const Reference& one) { return std::ranges::find(plain, one) != plain.end(); });
    return references;
}

Things::Things(Workspace& workspace) : Things(workspace.store(), workspace.vault(), workspace.actor()) {}

Things::Things(store::Store& store, Vault& vault, const Actor& actor)
    : all_(store), store_(store.resources()), vault_(vault), actor_(actor) {}

Resource Things::get(Kind kind, std::string_view project, std::string_view name) {
    if (auto found = store_.find(kind, project, name)) return std::move(*found);
    if (auto found = store_.find(kind, catalog::kGlobalProject, name)) return std::move(*found);
    const auto word = to_string(kind);
    if (name.find("://") != std::string_view::npos)  // not repeated: it might hold a password
        throw Error(ErrorCode::invalid_argument,
                    fmt::format("A URL stands where the name of a saved {} is needed.", word))
            .hinting("save it first: fairlead connection create NAME --url URL");
    const auto close = nearest(name, names(kind, project));
    throw Error(ErrorCode::not_found, fmt::format("There is no {} '{}' in the project '{}'.", word, name, project))
        .hinting(close.empty() ? fmt::format("fairlead {} list shows those that exist", word)
                               : fmt::format("did you mean '{}'?", close));
}

Resource Things::usable(Kind kind, std::string_view project, std::string_view name) {
    auto thing = get(kind, project, name);
    if (thing.enabled) return thing;
    throw Error(ErrorCode::disabled, fmt::format("The {} '{}' is disabled.", to_string(kind), thing.name))
        .hinting(fmt::format("fairlead {} enable {}", to_string(kind), thing.name));
}

std::vector<Resource> Things::list(Kind kind, std::string_view project) {
    store::ResourceQuery query;
    query.kind = kind;
    query.projects = {std::string(project)};
    auto found = store_.list(query);
    if (project == catalog::kGlobalProject) return found;
    query.projects = {std::string(catalog::kGlobalProject)};
    add_unhidden(found, store_.list(query), &Resource::name);
    return found;
}

std::vector<std::string> Things::names(Kind kind, std::string_view project) {
    auto found = store_.names(kind, project);
    if (project != catalog::kGlobalProject)
        add_unhidden(found, store_.names(kind, catalog::kGlobalProject), std::identity{});
    return found;
}

std::vector<store::Revision> Things::history(Kind kind, std::string_view project, std::string_view name) {
    auto revisions = store_.revisions(get(kind, project, name).record.id);
    std::ranges::reverse(revisions);
    return revisions;
}

std::vector<Resource> Things::users(Kind kind, std::string_view project, std::string_view name) {
    const auto thing = get(kind, project, name);
    return users_of(store_, kind, thing.record.project, thing.name);
}

Resource Things::expected(Kind kind, std::string_view project, std::string_view name, Revision revision) {
    auto thing = get(kind, project, name);
    require_revision(kind, thing.name, thing.record, revision);
    return thing;
}

Changed Things::stored(std::vector<store::ResourceChange> changes, std::vector<Fault> warnings) {
    std::vector<Fault> more;
    vault_.keep([&] { more = store_changes(all_, actor_, changes); });
    std::ranges::move(more, std::back_inserter(warnings));
    return {std::move(changes.front().resource), std::move(warnings)};
}

Changed Things::stored(Resource resource, store::Change change, std::vector<Fault> warnings) {
    stamp(resource.record, actor_);
    return stored({{change, std::move(resource), {}}}, std::move(warnings));
}

void Things::seal(store::ResourceChange& change, const json::object& fields, std::vector<Fault>& faults) {
    auto& resource = change.resource;
    for (const auto name : catalog::row_of(resource.kind).secrets) {
        const auto* given = fields.if_contains(name);
        if (given == nullptr || given->is_null()) continue;
        const std::string field(name);
        const auto* text = given->if_string();
        if (text == nullptr) {
            faults.push_back({field, "", "must be a text"});
            continue;
        }
        change.changed_secrets.push_back(field);
        if (text->empty())
            resource.sealed.erase(field);
        else
            resource.sealed[field] = vault_.seal(Secret(std::string_view(*text)), resource.record.id, field);
    }
}

std::vector<Reference> Things::missing(const Resource& resource) {
    auto missing = resource.references;
    std::erase_if(missing, [&](const Reference& used) {
        return used.kind == Kind::environment || store_.find(used.kind, resource.record.project, used.name) ||
               store_.find(used.kind, catalog::kGlobalProject, used.name);
    });
    return missing;
}

void Things::warn_of_missing(const Resource& resource, std::vector<Fault>& warnings) {
    for (auto& [used, its_name] : missing(resource))
        warnings.push_back({std::string(to_string(used)), std::move(its_name), "does not exist yet"});
}

Changed Things::laid_over(const Resource& base, const json::object& fields, store::Change change) {
    const auto& row = catalog::row_of(base.kind);
    if (row.laid == nullptr)
        throw Error(ErrorCode::unsupported, fmt::format("A {} is not made of fields alone.", to_string(base.kind)));
    catalog::Verdict verdict;
    std::vector<store::ResourceChange> changes{{change, row.laid(base, fields, verdict.faults), {}}};
    auto& resource = changes.front().resource;
    if (change == store::Change::create) resource.name = base.name;
    stamp(resource.record, actor_);
    seal(changes.front(), fields, verdict.faults);
    auto warnings = check(resource, std::move(verdict));
    if (resource.kind == Kind::flow)
        refuse_what_never_comes(change == store::Change::create ? nullptr : &base, resource, resource.record.updated_at);
    warn_of_missing(resource, warnings);
    if (resource.name != base.name) {
        changes.front().change = store::Change::rename;
        std::ranges::move(follow_rename(resource, base.name), std::back_inserter(changes));
    }
    return stored(std::move(changes), std::move(warnings));
}

Changed Things::create(Kind kind, std::string_view project, std::string_view name, const json::object& fields) {
    Resource base;
    base.kind = kind;
    base.name = name;
    base.record.project = project;
    return laid_over(base, fields, store::Change::create);
}

Changed Things::update(Kind kind, std::string_view project, std::string_view name, const json::object& fields,
                       bool replace, Revision revision) {
    auto base = expected(kind, project, name, revision);
    if (replace) {
        base.definition.clear();
        base.enabled = true;
        base.tags.clear();
    }
    return laid_over(base, fields, store::Change::update);
}

std::vector<store::ResourceChange> Things::follow_rename(const Resource& renamed, std::string_view old_name) {
    std::vector<store::ResourceChange> changes;
    const auto& project = renamed.record.project;
    for (auto& user : users_of(store_, renamed.kind, project, old_name)) {
        if (user.record.project != project && store_.find(renamed.kind, user.record.project, renamed.name))
            throw Error(ErrorCode::already_exists,
                        fmt::format("The {} '{}' of the project '{}' uses '{}', and would find that project's own "
                                    "{} '{}' by the new name.",
                                    to_string(user.kind), user.name, user.record.project, old_name,
                                    to_string(renamed.kind), renamed.name))
                .hinting("choose another name");
        catalog::rename_reference(user, {renamed.kind, std::string(old_name)}, renamed.name);
        stamp(user.record, actor_);
        changes.push_back({store::Change::update, std::move(user), {}});
    }
    return changes;
}

Changed Things::rename(Kind kind, std::string_view project, std::string_view name, std::string_view new_name,
                       Revision revision) {
    if (catalog::row_of(kind).has_fixed_name)
        throw Error(ErrorCode::unsupported, fmt::format("A {} keeps its name.", to_string(kind)));
    auto thing = expected(kind, project, name, revision);
    const auto old_name = std::exchange(thing.name, std::string(new_name));
    auto copy = thing;
    (void)check(copy);
    auto changes = follow_rename(thing, old_name);
    stamp(thing.record, actor_);
    changes.insert(changes.begin(), {store::Change::rename, std::move(thing), {}});
    return stored(std::move(changes));
}

Changed Things::duplicate(Kind kind, std::string_view project, std::string_view name, std::string_view new_name) {
    vault_.prepare();
    auto thing = get(kind, project, name);
    const auto old_id = std::exchange(thing.record, {}).id;
    thing.record.project = project;
    thing.name = new_name;
    auto copy = thing;
    auto warnings = check(copy);
    stamp(thing.record, actor_);
    std::vector<std::string> secrets;
    for (auto& [field, sealed] : thing.sealed) {
        secrets.push_back(field);
        if (!catalog::reference_in(sealed))  // it was sealed for the other id
            sealed = vault_.seal(catalog::text_of_secret(vault_.open(sealed, old_id, field)), thing.record.id, field);
    }
    return stored({{store::Change::create, std::move(thing), std::move(secrets)}}, std::move(warnings));
}

Changed Things::move(Kind kind, std::string_view project, std::string_view name, std::string_view to, bool force,
                     Revision revision) {
    auto thing = expected(kind, project, name, revision);
    const auto from = std::exchange(thing.record.project, std::string(to));
    const auto word = to_string(kind);
    if (from == to)
        throw Error(ErrorCode::invalid_argument,
                    fmt::format("The {} '{}' is in the project '{}' already.", word, thing.name, to));
    if (to != catalog::kGlobalProject) {
        auto left = users_of(store_, kind, from, thing.name);
        std::erase_if(left, [&](const auto& user) { return user.record.project == to; });
        refuse_used(left, kind, from, thing.name, "moved", force);
    }
    std::vector<Fault> warnings;
    for (const auto& [used, its_name] : missing(thing))
        warnings.push_back({"project", std::string(to),
                            fmt::format("has no {} '{}', which the {} needs", to_string(used), its_name, word)});
    return stored(std::move(thing), store::Change::move, std::move(warnings));
}

Changed Things::set_enabled(Kind kind, std::string_view project, std::string_view name, bool enabled,
                            Revision revision) {
    auto thing = expected(kind, project, name, revision);
    if (std::exchange(thing.enabled, enabled) == enabled) return {std::move(thing), {}};
    return stored(std::move(thing), enabled ? store::Change::enable : store::Change::disable);
}

Changed Things::rollback(Kind kind, std::string_view project, std::string_view name, std::int64_t to,
                         Revision revision) {
    const auto now = expected(kind, project, name, revision);
    const auto revisions = store_.revisions(now.record.id);
    const auto then = std::ranges::find(revisions, to, &store::Revision::number);
    if (then == revisions.end())
        throw Error(ErrorCode::not_found, fmt::format("The {} '{}' has no revision {}; it is at {}.", to_string(kind),
                                                      now.name, to, now.record.revision))
            .hinting(fmt::format("fairlead {} history '{}' lists them", to_string(kind), now.name));
    auto thing = then->resource;
    thing.record = now.record;
    thing.name = now.name;
    thing.sealed = now.sealed;
    auto warnings = check(thing);
    std::ranges::move(needed_by_secrets(now), std::back_inserter(thing.references));
    warn_of_missing(thing, warnings);
    for (const auto& field : changed_since(revisions, to))
        warnings.push_back(
            {field, "",
             thing.sealed.contains(field) ? fmt::format("was another one at revision {}, and stays as it is now", to)
                                          : fmt::format("was another one at revision {}, and must be entered again", to)});
    if (kind == Kind::connection) {
        auto connection = catalog::connection_of(thing);
        if (leads_elsewhere(catalog::connection_of(now), connection))
            for (const auto& field : kept_secrets(connection))
                warnings.push_back(
                    {field, "", fmt::format("stays as it is now and will be used with {}", connection.host)});
    }
    return stored(std::move(thing), store::Change::rollback, std::move(warnings));
}

void Things::remove(Kind kind, std::string_view project, std::string_view name, bool force, Revision revision) {
    auto thing = expected(kind, project, name, revision);
    refuse_used(users_of(store_, kind, thing.record.project, thing.name), kind, thing.record.project, thing.name,
                "deleted", force);
    stamp_removal(thing.record, actor_);
    store_changes(all_, actor_, {{store::Change::remove, std::move(thing), {}}});
}

}  // namespace fairlead::service

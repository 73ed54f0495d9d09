#include "service/places.hpp"

#include <fmt/format.h>

#include "base/near.hpp"
#include "catalog/variable.hpp"
#include "fairlead/error.hpp"
#include "service/local_names.hpp"
#include "service/secret_ways.hpp"
#include "service/stamp.hpp"
#include "service/usage.hpp"

namespace fairlead::service {
namespace {

using catalog::Kind;
using catalog::kGlobalProject;
using catalog::Place;

Place new_place(Kind kind, std::string_view name, std::string_view description, const Actor& actor) {
    Place place;
    place.kind = kind;
    place.name = name;
    place.description = description;
    place.record.project = kGlobalProject;
    catalog::require_valid(place);
    stamp(place.record, actor);
    return place;
}

Place create(store::ResourceStore& store, const Actor& actor, Kind kind, std::string_view name,
             std::string_view description) {
    auto place = new_place(kind, name, description, actor);
    store.apply({store::Change::create, catalog::to_resource(place), {}}, actor.via);
    return place;
}

Place get(store::ResourceStore& store, Kind kind, std::string_view name) {
    if (const auto found = store.find(kind, kGlobalProject, name)) return catalog::place_of(*found);
    const auto word = catalog::to_string(kind);
    auto error = Error(ErrorCode::not_found, fmt::format("There is no {} '{}'.", word, name));
    const auto close = nearest(name, store.names(kind, kGlobalProject));
    error.hint = close.empty() ? fmt::format("fairlead {} list shows those that exist", word)
                               : fmt::format("did you mean '{}'?", close);
    throw error;
}

Place describe(store::ResourceStore& store, const Actor& actor, Place place, std::string_view description,
               std::optional<std::int64_t> expected) {
    require_revision(place.kind, place.name, place.record, expected);
    place.description = description;
    catalog::require_valid(place);
    stamp(place.record, actor);
    store.apply({store::Change::update, catalog::to_resource(place), {}}, actor.via);
    return place;
}

std::vector<Place> list(store::ResourceStore& store, Kind kind) {
    store::ResourceQuery query;
    query.kind = kind;
    query.projects.emplace_back(kGlobalProject);
    std::vector<Place> places;
    for (const auto& resource : store.list(query))
        places.push_back(catalog::place_of(resource));
    return places;
}

/// One thing that is in a project, if there is any.
std::optional<catalog::Resource> first_in(store::ResourceStore& store, std::string_view project) {
    for (const auto kind : {Kind::connection, Kind::variable, Kind::operation, Kind::monitor, Kind::flow}) {
        store::ResourceQuery query;
        query.kind = kind;
        query.projects.emplace_back(project);
        query.limit = 1;
        if (auto found = store.list(query); !found.empty()) return std::move(found.front());
    }
    return std::nullopt;
}

}  // namespace

Projects::Projects(store::ResourceStore& store, const Actor& actor) : store_(store), actor_(actor) {}

Place Projects::create(std::string_view name, std::string_view description) {
    return service::create(store_, actor_, Kind::project, name, description);
}
Place Projects::describe(std::string_view name, std::string_view description, std::optional<std::int64_t> expected) {
    return service::describe(store_, actor_, get(name), description, expected);
}
Place Projects::get(std::string_view name) { return service::get(store_, Kind::project, name); }
std::vector<Place> Projects::list() { return service::list(store_, Kind::project); }

void Projects::remove(std::string_view name, std::optional<std::int64_t> expected) {
    auto project = get(name);
    require_revision(project.kind, project.name, project.record, expected);
    if (project.name == kGlobalProject)
        throw Error(ErrorCode::conflict, "The project 'global' cannot be deleted: every project sees what is in it.");
    if (const auto inside = first_in(store_, project.name))
        throw Error(ErrorCode::not_empty,
                    fmt::format("The project '{}' holds the {} '{}' and perhaps more, so it was not deleted.",
                                project.name, catalog::to_string(inside->kind), inside->name))
            .hinting("delete or move what is in it first");
    stamp_removal(project.record, actor_);
    store_.apply({store::Change::remove, catalog::to_resource(project), {}}, actor_.via);
}

Environments::Environments(store::ResourceStore& store, const Actor& actor) : store_(store), actor_(actor) {}

Place Environments::create(std::string_view name, std::string_view description) {
    return service::create(store_, actor_, Kind::environment, name, description);
}
Place Environments::describe(std::string_view name, std::string_view description,
                             std::optional<std::int64_t> expected) {
    return service::describe(store_, actor_, get(name), description, expected);
}
Place Environments::get(std::string_view name) { return service::get(store_, Kind::environment, name); }
std::vector<Place> Environments::list() { return service::list(store_, Kind::environment); }

void Environments::remove(std::string_view name, bool force, std::optional<std::int64_t> expected) {
    auto environment = get(name);
    require_revision(environment.kind, environment.name, environment.record, expected);
    auto users = store_.users_of(Kind::environment, kGlobalProject, environment.name);
    refuse_used(users, Kind::environment, kGlobalProject, environment.name, "deleted", force);
    std::vector<store::ResourceChange> changes;
    for (const auto& user : users) {
        if (user.kind != Kind::variable) continue;
        auto variable = catalog::variable_of(user);
        std::vector<std::string> secrets;
        if (variable.sealed.erase(environment.name) != 0)
            secrets.push_back(catalog::sealed_path(environment.name));
        variable.plain.erase(environment.name);
        std::erase(variable.references, catalog::Reference{Kind::environment, environment.name});
        stamp(variable.record, actor_);
        changes.push_back({store::Change::update, catalog::to_resource(variable), std::move(secrets)});
    }
    stamp_removal(environment.record, actor_);
    changes.push_back({store::Change::remove, catalog::to_resource(environment), {}});
    store_.apply(changes, actor_.via);
}

Place require_environment(store::ResourceStore& store, std::string_view name) {
    return get(store, Kind::environment, name);
}

void apply_in_project(store::ResourceStore& store, const Actor& actor, std::string_view project,
                      const std::vector<store::ResourceChange>& changes) {
    refuse_local_names(store, actor, changes);
    refuse_redirected_secrets(store, actor, changes);
    for (int attempt = 0;; ++attempt) {
        if (project == kGlobalProject) return store.apply(changes, actor.via);
        if (const auto found = store.find(Kind::project, kGlobalProject, project)) {
            if (found->name == project) return store.apply(changes, actor.via);
            throw Error(ErrorCode::invalid_argument,
                        fmt::format("The project is called '{}', not '{}'.", found->name, project));
        }
        auto place = new_place(Kind::project, project, "", actor);
        std::vector<store::ResourceChange> all{{store::Change::create, catalog::to_resource(place), {}}};
        all.insert(all.end(), changes.begin(), changes.end());
        try {
            return store.apply(all, actor.via);
        } catch (const Error& error) {
            // Another process may have made the project meanwhile.
            if (error.code != ErrorCode::already_exists || attempt > 0) throw;
        }
    }
}

}  // namespace fairlead::service

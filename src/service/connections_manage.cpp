// What concerns a connection among other things: its name, place, past, and who uses it.

#include <fmt/format.h>
#include <algorithm>

#include "catalog/connection_resource.hpp"
#include "catalog/rename_reference.hpp"
#include "fairlead/error.hpp"
#include "service/connection_change.hpp"
#include "service/connections.hpp"
#include "service/places.hpp"
#include "service/stamp.hpp"
#include "service/usage.hpp"
#include "service/vault.hpp"

namespace fairlead::service {

using catalog::Connection;
using catalog::Kind;

Saved Connections::store_rename(Connection connection, const std::string& old_name, store::Change change,
                                std::vector<Fault> warnings, std::vector<std::string> removed_secrets) {
    const auto& project = connection.record.project;
    std::vector<store::ResourceChange> changes;
    for (auto& user : users_of(store_, Kind::connection, project, old_name)) {
        if (user.record.project != project &&
            store_.find(Kind::connection, user.record.project, connection.name))
            throw Error(ErrorCode::already_exists,
                        fmt::format("The {} '{}' of the project '{}' uses '{}', and would find that project's own "
                                    "connection '{}' by the new name.",
                                    catalog::to_string(user.kind), user.name, user.record.project, old_name,
                                    connection.name))
                .hinting("choose another name");
        catalog::rename_connection(user, old_name, connection.name);
        stamp(user.record, actor_);
        changes.push_back({store::Change::update, std::move(user), {}});
    }
    changes.insert(changes.begin(), prepare(connection, change, std::move(removed_secrets)));
    vault_.keep([&] { store_.apply(changes, actor_.via); });
    return {std::move(connection), std::move(warnings)};
}

Saved Connections::rename(std::string_view project, std::string_view name, std::string_view new_name,
                          Revision revision) {
    auto connection = expected(project, name, revision);
    const auto old_name = connection.name;
    connection.name = new_name;
    catalog::require_valid(connection);
    return store_rename(std::move(connection), old_name, store::Change::rename, {}, {});
}

Saved Connections::move(std::string_view project, std::string_view name, std::string_view to, bool force,
                        Revision revision) {
    auto connection = expected(project, name, revision);
    const auto from = connection.record.project;
    if (from == to)
        throw Error(ErrorCode::invalid_argument,
                    fmt::format("The connection '{}' is in the project '{}' already.", connection.name, to));
    if (to != catalog::kGlobalProject) {
        auto left = users_of(store_, Kind::connection, from, connection.name);
        std::erase_if(left, [&](const auto& user) { return user.record.project == to; });
        refuse_used(left, Kind::connection, from, connection.name, "moved", force);
    }
    connection.record.project = to;
    std::vector<Fault> warnings;
    const auto prepared = prepare(connection, store::Change::move);
    for (const auto& [kind, variable] : prepared.resource.references)
        if (kind == Kind::variable && !store_.find(kind, to, variable) &&
            !store_.find(kind, catalog::kGlobalProject, variable))
            warnings.push_back({"project", std::string(to),
                                fmt::format("has no variable '{}', which the connection needs", variable)});
    apply_in_project(store_, actor_, to, {prepared});
    return {std::move(connection), std::move(warnings)};
}

Saved Connections::rollback(std::string_view project, std::string_view name, std::int64_t to,
                            Revision revision) {
    const auto now = expected(project, name, revision);
    const auto revisions = store_.revisions(now.record.id);
    const auto then = std::ranges::find(revisions, to, &store::Revision::number);
    if (then == revisions.end())
        throw Error(ErrorCode::not_found,
                    fmt::format("The connection '{}' has no revision {}; it is at {}.", now.name, to,
                                now.record.revision))
            .hinting(fmt::format("fairlead connection history '{}' lists them", now.name));
    auto connection = catalog::connection_of(then->resource);
    connection.record = now.record;
    connection.name = now.name;
    connection.sealed = now.sealed;
    auto warnings = catalog::require_valid(connection);
    std::vector<std::string> secrets;
    for (auto later = then + 1; later != revisions.end(); ++later)
        for (const auto& field : later->changed_secrets)
            if (std::ranges::find(secrets, field) == secrets.end()) secrets.push_back(field);
    for (const auto& field : secrets)
        warnings.push_back({field, "",
                            connection.sealed.contains(field)
                                ? fmt::format("was another one at revision {}, and stays as it is now", to)
                                : fmt::format("was another one at revision {}, and must be entered again", to)});
    if (leads_elsewhere(now, connection))
        for (const auto& field : kept_secrets(connection))
            warnings.push_back(
                {field, "", fmt::format("stays as it is now and will be used with {}", connection.host)});
    return store_change(std::move(connection), store::Change::rollback, std::move(warnings));
}

void Connections::remove(std::string_view project, std::string_view name, bool force, Revision revision) {
    auto connection = expected(project, name, revision);
    refuse_used(users_of(store_, Kind::connection, connection.record.project, connection.name),
                Kind::connection, connection.record.project, connection.name, "deleted", force);
    stamp_removal(connection.record, actor_);
    store_.apply({store::Change::remove, catalog::to_resource(connection), {}}, actor_.via);
}

std::vector<store::Revision> Connections::history(std::string_view project, std::string_view name) {
    auto revisions = store_.revisions(get(project, name).record.id);
    std::ranges::reverse(revisions);
    return revisions;
}

std::vector<catalog::Resource> Connections::users(std::string_view project, std::string_view name) {
    const auto connection = get(project, name);
    return users_of(store_, Kind::connection, connection.record.project, connection.name);
}

}  // namespace fairlead::service

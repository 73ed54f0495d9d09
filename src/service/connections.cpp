#include "service/connections.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <chrono>
#include <functional>
#include <iterator>

#include "base/near.hpp"
#include "catalog/connection_resource.hpp"
#include "fairlead/error.hpp"
#include "fairlead/open.hpp"
#include "service/vault.hpp"

namespace fairlead::service {
namespace {

using catalog::Connection;
using catalog::ConnectionPatch;

Time now() {
    return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

using catalog::name_key;

bool same_name(std::string_view a, std::string_view b) {
    return name_key(a) == name_key(b);
}

/// Adds what is global to a project's own, by name; an own one hides a global one of the same name.
template <class Item, class Name>
void add_unhidden(std::vector<Item>& own, std::vector<Item> global, Name name) {
    const auto key = [&](const Item& item) { return name_key(std::invoke(name, item)); };
    std::erase_if(global, [&](const Item& item) {
        return std::ranges::binary_search(own, key(item), std::less<>{}, key);
    });
    std::ranges::move(global, std::back_inserter(own));
    std::ranges::sort(own, std::less<>{}, key);
}

/// Whether a secret meant for `before` would reach somebody else with `after`.
bool leads_elsewhere(const Connection& before, const Connection& after) {
    return !same_name(before.host, after.host) || before.proxy != after.proxy;
}

/// An explicitly empty secret in a change removes the stored one.
void remove_emptied(Connection& connection, const ConnectionPatch& changes) {
    for (const auto& [field, secret] : catalog::secrets_of(connection)) {
        const auto given = changes.secrets.find(field);
        const bool emptied =
            given != changes.secrets.end() ? given->second.empty() : changes.sets_empty_text(field);
        if (emptied) connection.sealed.erase(field);
    }
}

/// The stored secrets that were not given anew.
std::vector<std::string> kept_secrets(Connection& connection) {
    std::vector<std::string> kept;
    for (const auto& [field, secret] : catalog::secrets_of(connection))
        if (secret->empty() && connection.sealed.contains(field)) kept.push_back(field);
    return kept;
}

Connection changed(Connection connection, const ConnectionPatch& changes, std::vector<Fault>& faults) {
    connection = catalog::apply(std::move(connection), changes, faults);
    remove_emptied(connection, changes);
    return connection;
}

}  // namespace

Connections::Connections(store::ResourceStore& store, Vault& vault, const Actor& actor)
    : store_(store), vault_(vault), actor_(actor) {}

std::optional<Connection> Connections::find(std::string_view project, std::string_view name) {
    const auto found = store_.find(catalog::Kind::connection, project, name);
    if (!found) return std::nullopt;
    return catalog::connection_of(*found);
}

Saved Connections::store_change(Connection connection, store::Change change, std::vector<Fault> warnings) {
    std::vector<std::string> changed_secrets;
    for (const auto& [field, secret] : catalog::secrets_of(connection))
        if (!secret->empty()) changed_secrets.push_back(field);
    vault_.seal(connection);
    auto& record = connection.record;
    record.revision += 1;
    record.updated_at = now();
    record.updated_by = actor_.name;
    if (change == store::Change::create) {
        record.created_at = record.updated_at;
        record.created_by = actor_.name;
    }
    store_.apply({change, catalog::to_resource(connection), std::move(changed_secrets)}, actor_.via);
    return {std::move(connection), std::move(warnings)};
}

Saved Connections::create(std::string_view project, std::string_view name, const ConnectionPatch& fields) {
    std::vector<Fault> faults;
    auto connection = catalog::apply(Connection{}, fields, faults);
    connection.name = name;
    connection.record.project = project;
    connection.record.id = catalog::make_id();
    auto warnings = catalog::require_valid(connection, std::move(faults));
    return store_change(std::move(connection), store::Change::create, std::move(warnings));
}

Saved Connections::update(std::string_view project, std::string_view name, const ConnectionPatch& changes,
                          std::optional<std::int64_t> expected_revision) {
    const auto before = get(project, name);
    if (expected_revision && *expected_revision != before.record.revision)
        throw Error(ErrorCode::conflict,
                    fmt::format("The connection '{}' is at revision {}, not {}; nothing was changed.",
                                before.name, before.record.revision, *expected_revision))
            .hinting("look at it again and repeat the change");
    std::vector<Fault> faults;
    auto after = changed(before, changes, faults);
    auto warnings = catalog::require_valid(after, std::move(faults));
    if (leads_elsewhere(before, after))
        for (const auto& field : kept_secrets(after))
            warnings.push_back(
                {field, "", fmt::format("stays as it was and will be used with {}", after.host)});
    const auto change = after.name == before.name ? store::Change::update : store::Change::rename;
    return store_change(std::move(after), change, std::move(warnings));
}

Saved Connections::rename(std::string_view project, std::string_view name, std::string_view new_name) {
    auto connection = get(project, name);
    connection.name = new_name;
    catalog::require_valid(connection);
    return store_change(std::move(connection), store::Change::rename);
}

Saved Connections::duplicate(std::string_view project, std::string_view name, std::string_view new_name) {
    auto connection = get(project, name);
    vault_.open(connection);
    connection.sealed.clear();  // sealed for the other id
    connection.name = new_name;
    connection.record = {};
    connection.record.project = project;
    connection.record.id = catalog::make_id();
    catalog::require_valid(connection);
    return store_change(std::move(connection), store::Change::create);
}

Saved Connections::set_enabled(std::string_view project, std::string_view name, bool enabled) {
    auto connection = get(project, name);
    if (connection.enabled == enabled) return {std::move(connection), {}};
    connection.enabled = enabled;
    return store_change(std::move(connection), enabled ? store::Change::enable : store::Change::disable);
}

void Connections::remove(std::string_view project, std::string_view name) {
    auto connection = get(project, name);
    connection.record.updated_at = now();
    connection.record.updated_by = actor_.name;
    store_.apply({store::Change::remove, catalog::to_resource(connection), {}}, actor_.via);
}

Connection Connections::get(std::string_view project, std::string_view name) {
    if (auto found = find(project, name)) return std::move(*found);
    if (auto found = find(catalog::kGlobalProject, name)) return std::move(*found);
    if (name.find("://") != std::string_view::npos)  // not repeated: it might hold a password
        throw Error(ErrorCode::invalid_argument,
                    "A URL stands where the name of a saved connection is needed.")
            .hinting("save it first: fairlead connection create NAME --url URL");
    auto error = Error(ErrorCode::not_found,
                       fmt::format("There is no connection '{}' in the project '{}'.", name, project));
    const auto close = nearest(name, names(project));
    error.hint = close.empty() ? "fairlead connection list shows those that exist"
                               : fmt::format("did you mean '{}'?", close);
    throw error;
}

std::vector<Connection> Connections::list(std::string_view project) {
    const auto of = [&](std::string_view one) {
        store::ResourceQuery query;
        query.projects.emplace_back(one);
        std::vector<Connection> connections;
        for (const auto& resource : store_.list(query))
            connections.push_back(catalog::connection_of(resource));
        return connections;
    };
    auto found = of(project);
    if (project != catalog::kGlobalProject)
        add_unhidden(found, of(catalog::kGlobalProject), &Connection::name);
    return found;
}

std::vector<std::string> Connections::names(std::string_view project) {
    auto found = store_.names(catalog::Kind::connection, project);
    if (project != catalog::kGlobalProject)
        add_unhidden(found, store_.names(catalog::Kind::connection, catalog::kGlobalProject),
                     std::identity{});
    return found;
}

std::vector<store::Revision> Connections::history(std::string_view project, std::string_view name) {
    auto revisions = store_.revisions(get(project, name).record.id);
    std::ranges::reverse(revisions);
    return revisions;
}

Connection Connections::usable(std::string_view project, std::string_view name,
                               const ConnectionPatch& overrides) {
    const auto stored = get(project, name);
    if (!stored.enabled)
        throw Error(ErrorCode::disabled, fmt::format("The connection '{}' is disabled.", stored.name))
            .hinting(fmt::format("fairlead connection enable {}", stored.name));
    return overridden(stored, overrides);
}

Connection Connections::overridden(const Connection& stored, const ConnectionPatch& overrides) {
    std::vector<Fault> faults;
    auto connection = changed(stored, overrides, faults);
    if (leads_elsewhere(stored, connection)) {
        const bool given = !connection.password.empty() || !connection.sftp.private_key.empty();
        if (!given && !kept_secrets(connection).empty())
            throw Error(
                ErrorCode::invalid_argument,
                fmt::format("The stored secrets of the connection '{}' are not sent to another host ({}).",
                            stored.name, connection.host))
                .hinting("give the password for it with --password-env, --password-file or --password-stdin");
        connection.sealed.clear();
    }
    vault_.open(connection);
    catalog::require_valid(connection, std::move(faults));
    return connection;
}

Connection Connections::to_open(const Connection& stored, std::string_view project,
                                ConnectionPatch overrides) {
    // Passwords given for one use are for URLs and for connections without one: a command may name several.
    for (const auto& field : catalog::secrets_set(stored))
        overrides.secrets.erase(field);
    return usable(project, stored.name, overrides);
}

Endpoint Connections::endpoint(std::string_view project, std::string_view name, ConnectionPatch overrides) {
    return catalog::resolve(to_open(get(project, name), project, std::move(overrides)));
}

awaitable<std::unique_ptr<FileSystem>> Connections::open(std::string project, std::string name,
                                                         ConnectionPatch overrides, Observer* observer) {
    const auto stored = get(project, name);
    const auto connection = to_open(stored, project, std::move(overrides));
    const auto endpoint = catalog::resolve(connection);
    auto files = co_await fairlead::open(endpoint, OpenOptions{observer});
    if (files->peer().host_key_is_new && !leads_elsewhere(stored, connection))
        record_host_key(project, name, files->peer().host_key_fingerprint);
    co_return files;
}

void Connections::record_host_key(std::string_view project, std::string_view name,
                                  const std::string& fingerprint) {
    constexpr int kAttempts = 5;
    for (int attempt = 1; !fingerprint.empty(); ++attempt) {
        auto connection = get(project, name);
        auto& keys = connection.sftp.host_keys;
        if (std::ranges::find(keys, fingerprint) != keys.end()) return;
        keys.push_back(fingerprint);
        try {
            store_change(std::move(connection), store::Change::update);
            return;
        } catch (const Error& error) {
            // Another process changed the connection, perhaps to record the same key.
            if (error.code != ErrorCode::conflict || attempt == kAttempts) throw;
        }
    }
}

}  // namespace fairlead::service

#include "service/connections.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <iterator>

#include "catalog/connection_resource.hpp"
#include "catalog/expand_connection.hpp"
#include "fairlead/error.hpp"
#include "service/connection_change.hpp"
#include "service/stamp.hpp"
#include "service/store_changes.hpp"
#include "service/things.hpp"
#include "service/vault.hpp"
#include "store/store.hpp"

namespace fairlead::service {
namespace {

using catalog::Connection;
using catalog::ConnectionPatch;
using catalog::Kind;

constexpr std::size_t kUsualPage = 100;

}  // namespace

Connections::Connections(store::Store& store, Vault& vault, Variables& variables, const Actor& actor,
                         const std::string& environment)
    : store_(store), vault_(vault), variables_(variables), actor_(actor), environment_(environment) {}

store::ResourceChange Connections::prepare(Connection& connection, store::Change change,
                                           std::vector<std::string> removed_secrets) {
    auto changed_secrets = std::move(removed_secrets);
    std::vector<catalog::Reference> references;
    for (const auto& name : catalog::variables_in(connection))
        references.push_back({Kind::variable, name});
    if (!connection.record.id.empty() && !kept_secrets(connection).empty())
        if (const auto stored = store_.resources().find(connection.record.id))
            for (auto& reference : needed_by_secrets(*stored))
                if (std::ranges::find(references, reference) == references.end())
                    references.push_back(std::move(reference));
    for (const auto& [field, secret] : catalog::secrets_of(connection))
        if (!secret->empty()) changed_secrets.push_back(field);
    stamp(connection.record, actor_);
    vault_.seal(connection);
    auto resource = catalog::to_resource(connection);
    resource.references = std::move(references);
    return {change, std::move(resource), std::move(changed_secrets)};
}

Saved Connections::store_change(Connection connection, store::Change change, std::vector<Fault> warnings,
                                std::vector<std::string> removed_secrets, const std::string& old_name) {
    std::vector<store::ResourceChange> changes{prepare(connection, change, std::move(removed_secrets))};
    if (change == store::Change::rename)
        std::ranges::move(things().follow_rename(changes.front().resource, old_name), std::back_inserter(changes));
    vault_.keep([&] { store_changes(store_, actor_, changes); });
    return {std::move(connection), std::move(warnings)};
}

Connection Connections::made(std::string_view project, std::string_view name, const ConnectionPatch& fields,
                             std::vector<Fault>& warnings) {
    std::vector<Fault> faults;
    auto connection = catalog::apply(Connection{}, fields, faults);
    connection.name = name;
    connection.record.project = project;
    warnings = catalog::require_valid(connection, std::move(faults));
    return connection;
}

Saved Connections::create(std::string_view project, std::string_view name, const ConnectionPatch& fields) {
    std::vector<Fault> warnings;
    auto connection = made(project, name, fields, warnings);
    return store_change(std::move(connection), store::Change::create, std::move(warnings));
}

std::vector<Saved> Connections::create_all(
    std::string_view project, std::span<const std::pair<std::string, ConnectionPatch>> connections) {
    std::vector<Saved> saved;
    std::vector<store::ResourceChange> changes;
    for (const auto& [name, fields] : connections) {
        auto& one = saved.emplace_back();
        one.connection = made(project, name, fields, one.warnings);
        changes.push_back(prepare(one.connection, store::Change::create));
    }
    if (!changes.empty()) vault_.keep([&] { store_changes(store_, actor_, changes); });
    return saved;
}

Connection Connections::expected(std::string_view project, std::string_view name, Revision revision) {
    auto connection = get(project, name);
    require_revision(Kind::connection, connection.name, connection.record, revision);
    return connection;
}

Saved Connections::update(std::string_view project, std::string_view name, const ConnectionPatch& changes,
                          Revision revision) {
    const auto before = expected(project, name, revision);
    std::vector<Fault> faults;
    std::vector<std::string> removed;
    auto after = changed(before, changes, faults, &removed);
    auto warnings = catalog::require_valid(after, std::move(faults));
    if (leads_elsewhere(before, after))
        for (const auto& field : kept_secrets(after))
            warnings.push_back(
                {field, "", fmt::format("stays as it was and will be used with {}", after.host)});
    const auto change = after.name != before.name ? store::Change::rename : store::Change::update;
    return store_change(std::move(after), change, std::move(warnings), std::move(removed), before.name);
}

std::vector<Connection> Connections::list(std::string_view project) {
    std::vector<Connection> connections;
    for (const auto& resource : things().list(Kind::connection, project))
        connections.push_back(catalog::connection_of(resource));
    return connections;
}

ConnectionPage Connections::page(std::string_view project, store::ResourceQuery query) {
    query.kind = Kind::connection;
    query.projects = {std::string(project)};
    if (project != catalog::kGlobalProject) query.projects.emplace_back(catalog::kGlobalProject);
    const auto limit = query.limit == 0 ? kUsualPage : query.limit;
    query.limit = limit + 1;  // one more says whether there is another page
    auto found = store_.resources().list(query);
    ConnectionPage page;
    if (found.size() > limit) {
        found.resize(limit);
        page.next = store::cursor_of(found.back(), query.order);
    }
    for (const auto& resource : found) {
        const bool hidden = resource.record.project != project &&
                            store_.resources().find(Kind::connection, project, resource.name).has_value();
        if (!hidden) page.connections.push_back(catalog::connection_of(resource));
    }
    return page;
}

}  // namespace fairlead::service

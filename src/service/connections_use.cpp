// From a stored connection to what can be opened, or shown as it would be opened.

#include <fmt/format.h>
#include <algorithm>

#include "catalog/connection_resource.hpp"
#include "catalog/expand_connection.hpp"
#include "fairlead/error.hpp"
#include "fairlead/open.hpp"
#include "service/connection_change.hpp"
#include "service/connections.hpp"
#include "service/local_names.hpp"
#include "service/places.hpp"
#include "service/secret_lookup.hpp"
#include "service/things.hpp"
#include "service/variables.hpp"
#include "service/vault.hpp"
#include "store/store.hpp"

namespace fairlead::service {

using catalog::Connection;
using catalog::ConnectionPatch;

Connection Connections::usable(std::string_view project, std::string_view name,
                               const ConnectionPatch& overrides) {
    vault_.prepare();
    const auto stored = catalog::connection_of(things().usable(catalog::Kind::connection, project, name));
    return overridden(stored, overrides, project);
}

Connection Connections::overridden(const Connection& stored, const ConnectionPatch& overrides,
                                   std::string_view project) {
    std::vector<Fault> faults;
    auto connection = changed(stored, overrides, faults);
    if (actor_.redirects_secrets ? leads_elsewhere(stored, connection) : leads_to_another_server(stored, connection)) {
        const bool given = !connection.password.empty() || !connection.sftp.private_key.empty();
        if (!given && !kept_secrets(connection).empty())
            throw Error(
                ErrorCode::invalid_argument,
                fmt::format("The stored secrets of the connection '{}' are not sent to another {} ({}).",
                            stored.name, leads_elsewhere(stored, connection) ? "host" : "server", connection.host))
                .hinting("give the password for it with --password-env, --password-file or --password-stdin");
        connection.sealed.clear();
    }
    refuse_local_names(actor_, stored, connection);
    look_up_given_secrets(connection);
    vault_.open(connection);
    catalog::require_valid(connection, std::move(faults));
    const auto environment = environment_.empty() ? "" : require_environment(store_.resources(), environment_).name;
    const std::string whose(project.empty() ? std::string_view(stored.record.project) : project);
    return catalog::require_expanded(std::move(connection), variables_.lookup(whose, environment),
                                     environment);
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
    std::vector<Fault> faults;
    const bool elsewhere = leads_elsewhere(stored, changed(stored, overrides, faults));
    const auto endpoint = catalog::resolve(to_open(stored, project, std::move(overrides)));
    auto files = co_await fairlead::open(endpoint, OpenOptions{observer});
    if (files->peer().host_key_is_new && !elsewhere)
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

std::vector<Preview> Connections::preview(std::string_view project, std::string_view name,
                                          const std::vector<std::string>& environments) {
    auto stored = get(project, name);
    vault_.open(stored);
    std::vector<Preview> previews;
    for (const auto& wanted : environments) {
        auto& preview = previews.emplace_back();
        if (!wanted.empty()) preview.environment = require_environment(store_.resources(), wanted).name;
        auto expanded = catalog::expand(stored, variables_.lookup(std::string(project), preview.environment),
                                        preview.environment);
        preview.faults = std::move(expanded.faults);
        if (preview.faults.empty())
            for (auto& fault : catalog::validate_expanded(expanded.connection).faults) {
                if (expanded.secret_fields.contains(fault.field)) fault.value.clear();
                preview.faults.push_back(std::move(fault));
            }
        for (const auto& [field, secret] : catalog::secrets_of(expanded.connection))
            *secret = Secret();
        ConnectionPatch masks;
        for (const auto& [field, shown] : expanded.shown) {
            preview.replaced.emplace_back(field, shown);
            if (expanded.secret_fields.contains(field)) masks.set(field, shown);
        }
        std::vector<Fault> unfit;  // "***" is no number, and is not meant to be one
        preview.connection = catalog::apply(std::move(expanded.connection), masks, unfit);
        for (const auto& [field, secret] : catalog::secrets_of(preview.connection))
            *secret = Secret();
    }
    return previews;
}

}  // namespace fairlead::service

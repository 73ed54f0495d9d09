#include "service/connection_change.hpp"

#include "catalog/resource.hpp"

namespace fairlead::service {

using catalog::Connection;
using catalog::ConnectionPatch;

bool leads_elsewhere(const Connection& before, const Connection& after) {
    return catalog::name_key(before.host) != catalog::name_key(after.host) || before.proxy != after.proxy;
}

bool leads_to_another_server(const Connection& before, const Connection& after) {
    return leads_elsewhere(before, after) || before.protocol != after.protocol || before.port != after.port ||
           before.tls.mode != after.tls.mode || before.tls.pin != after.tls.pin || before.tls.ca != after.tls.ca ||
           (before.tls.verify && !after.tls.verify);
}

std::vector<std::string> kept_secrets(Connection& connection) {
    std::vector<std::string> kept;
    for (const auto& [field, secret] : catalog::secrets_of(connection))
        if (secret->empty() && connection.sealed.contains(field)) kept.push_back(field);
    return kept;
}

Connection changed(Connection connection, const ConnectionPatch& changes, std::vector<Fault>& faults,
                   std::vector<std::string>* removed) {
    connection = catalog::apply(std::move(connection), changes, faults);
    for (const auto& [field, secret] : catalog::secrets_of(connection)) {
        const auto given = changes.secrets.find(field);
        const bool emptied =
            given != changes.secrets.end() ? given->second.empty() : changes.sets_empty_text(field);
        if (emptied && connection.sealed.erase(field) != 0 && removed != nullptr) removed->push_back(field);
    }
    return connection;
}

}  // namespace fairlead::service

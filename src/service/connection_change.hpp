#pragma once

#include <string>
#include <vector>

#include "catalog/connection.hpp"

/// What changing a stored connection and using it with overrides share.
namespace fairlead::service {

/// Whether a secret meant for `before` would reach somebody else with `after`.
bool leads_elsewhere(const catalog::Connection& before, const catalog::Connection& after);
/// The same with all that decides who gets what is sent: also the port, the protocol, and how the server proves itself.
bool leads_to_another_server(const catalog::Connection& before, const catalog::Connection& after);

/// The stored secrets that were not given anew.
std::vector<std::string> kept_secrets(catalog::Connection& connection);

/// The connection with the changes laid over it; an explicitly empty secret removes the stored one, and its field is
/// added to `removed`. What is wrong is added to `faults`.
catalog::Connection changed(catalog::Connection connection, const catalog::ConnectionPatch& changes,
                            std::vector<Fault>& faults, std::vector<std::string>* removed = nullptr);

}  // namespace fairlead::service

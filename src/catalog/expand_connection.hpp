#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/connection.hpp"
#include "catalog/variables.hpp"

namespace fairlead::catalog {

/// What is wrong with a connection whose texts are taken as they are: no `${...}` in it is a variable any more. Throws
/// as the other `require_valid`.
Verdict validate_expanded(const Connection& connection);
void require_valid_expanded(const Connection& connection);

/// Whether `${...}` means a variable in this field. Names, tags, certificates and private keys are taken as they are.
bool may_hold_variables(std::string_view field) noexcept;

/// What is said of a variable without a value, as the end of a sentence. `environment` empty: none was chosen.
std::string where_of(std::string_view environment);

/// The variables that a connection's fields need, each once; of the secrets, those in the clear.
std::vector<std::string> variables_in(const Connection& connection);

/// A connection with its variables replaced.
struct ExpandedConnection {
    Connection connection;                     ///< nothing left to replace; of a field with a fault, empty
    std::map<std::string, std::string> shown;  ///< what each field with variables became, secrets as "***"
    std::set<std::string> secret_fields;       ///< into which a secret value went
    std::vector<Fault> faults;                 ///< of each field that could not be made
};

/// Replaces the variables in every field that may hold them. `environment`: for what is said about unknown ones;
/// empty: none was chosen.
ExpandedConnection expand(Connection connection, const VariableLookup& lookup, std::string_view environment);

/// The same, or Error{invalid_argument} naming every field, variable and the environment, and then what is wrong
/// with the values, without those that are secret. What comes back is for `resolve`.
Connection require_expanded(Connection connection, const VariableLookup& lookup, std::string_view environment);

}  // namespace fairlead::catalog

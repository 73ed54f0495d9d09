#pragma once

#include <boost/json/object.hpp>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/record.hpp"
#include "catalog/resource.hpp"
#include "fairlead/error.hpp"
#include "fairlead/secret.hpp"

namespace fairlead::catalog {

/// A text under a name, for `${name}`: one value for all environments, others for some of them. Each value is plain
/// or secret.
struct Variable {
    Record record;
    std::string name;  ///< never changes
    std::string description;
    /// By environment; empty: for all of them. A value is in one of the two.
    std::map<std::string, std::string> plain;
    std::map<std::string, std::string> sealed;
    /// What it needs itself: environments, and the variables in its values.
    std::vector<Reference> references;

    bool has(const std::string& environment) const {
        return plain.contains(environment) || sealed.contains(environment);
    }
};

/// Where the secret value of an environment is sealed: "value" for all of them, else "environments.NAME".
std::string sealed_path(std::string_view environment);

/// Throws invalid_argument for a name that none can have or a description that is too long.
void require_valid(const Variable& variable);

Resource to_resource(const Variable& variable);
Variable variable_of(const Resource& resource);

/// {name, description, value, secret, environments: {E: {value, secret}}, and the record}. Secret values are null; a
/// variable without a value for all environments has none of `value` and `secret`.
boost::json::object to_json(const Variable& variable);

/// Where in a variable a value was found. Both null: not there.
struct FoundValue {
    const Variable* variable = nullptr;
    std::string environment;
    bool secret = false;
};
/// The order in which values are looked for: the environment's secrets, the project's own before the global one;
/// its plain values likewise; then the project's own value for all environments; then the global one. Either variable
/// may be null.
FoundValue find_value(const Variable* own, const Variable* global, const std::string& environment);

}  // namespace fairlead::catalog

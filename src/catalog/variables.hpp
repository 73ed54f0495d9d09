#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fairlead/secret.hpp"

/// `${name}` in texts. `$${` stands for a `${` that is meant as it is; one without its `}` is plain text.
namespace fairlead::catalog {

/// Whether a text can be a variable's name: 1 to 128 letters, digits, '.', '_' and '-'.
bool is_variable_name(std::string_view name) noexcept;

/// The names between `${` and `}`, each once, in their order. They need not be names that a variable can have.
std::vector<std::string> variables_in(std::string_view text);
bool has_variables(std::string_view text);

/// What a variable is worth in one place.
struct VariableValue {
    Secret text;  ///< may hold `${...}` itself
    bool secret = false;
};
/// Gives the value of a variable, or nothing when it has none.
using VariableLookup = std::function<std::optional<VariableValue>(std::string_view name)>;

/// A text with its variables replaced.
struct Expanded {
    Secret text;
    std::string shown;    ///< the same with "***" in the place of every secret value
    bool secret = false;  ///< whether a secret value is in it
    std::vector<Secret> hidden;  ///< each secret value that is in it
    /// What is wrong, as the end of a sentence; empty when everything was replaced. Unknown names are `unknown`.
    std::string problem;
    std::string unknown;  ///< the first variable without a value
};

/// Replaces every variable, and those in the values of variables. A cycle is a problem, not a loop. `where` ends
/// the sentence about an unknown variable, such as "is not defined in the environment 'test'".
Expanded expand(std::string_view text, const VariableLookup& lookup, std::string_view where);

}  // namespace fairlead::catalog

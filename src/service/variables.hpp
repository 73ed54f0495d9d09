#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/variable.hpp"
#include "catalog/variables.hpp"
#include "service/actor.hpp"
#include "store/resource_store.hpp"

namespace fairlead::service {

class Vault;

/// What is to be different about a variable. What is not given stays.
struct VariableChange {
    std::string environment;             ///< whose value; empty: the one for all environments
    std::optional<Secret> value;         ///< "" is a value like any other
    bool secret = false;                 ///< keep it sealed; a value that is secret stays so in any case
    std::optional<std::string> description;
};

/// The variables of projects. Each change makes a revision.
class Variables {
  public:
    /// The references must outlive this object.
    Variables(store::ResourceStore& store, Vault& vault, const Actor& actor);

    /// Makes it, or changes it, in exactly this project. Throws not_found for an environment that does not exist,
    /// invalid_argument, and conflict for a stale `expected_revision`.
    catalog::Variable set(std::string_view project, std::string_view name, const VariableChange& change,
                          std::optional<std::int64_t> expected_revision = {});
    /// Forgets the value of one environment, or, with "", that for all of them. A variable without any value left
    /// goes too, as with `remove`. Throws not_found when there is none.
    void unset(std::string_view project, std::string_view name, const std::string& environment, bool force = false,
               std::optional<std::int64_t> expected_revision = {});
    /// Forgets it, in exactly this project. Throws conflict while something uses it, unless forced.
    void remove(std::string_view project, std::string_view name, bool force = false,
                std::optional<std::int64_t> expected_revision = {});

    /// In the project, then in `global`. Throws not_found, with a near name as a hint.
    catalog::Variable get(std::string_view project, std::string_view name);
    /// Those of the project and the global ones, by name. A global one with an own one of its name is there too: it
    /// may have values that the other has not.
    std::vector<catalog::Variable> list(std::string_view project);
    /// What uses it.
    std::vector<catalog::Resource> users(std::string_view project, std::string_view name);

    /// How `${name}` is looked up for a thing of this project; see catalog::find_value. Names must be written as the
    /// variable's, upper and lower case too. Valid as long as this object.
    catalog::VariableLookup lookup(std::string project, std::string environment);

  private:
    catalog::Variable exactly(std::string_view project, std::string_view name);
    catalog::Variable own(std::string_view project, std::string_view name);
    std::optional<catalog::Variable> find(std::string_view project, std::string_view name);
    Secret value_of(const catalog::Variable& variable, const std::string& environment);
    void refer(catalog::Variable& variable);
    void remove(catalog::Variable variable, bool force);

    store::ResourceStore& store_;
    Vault& vault_;
    const Actor& actor_;
};

}  // namespace fairlead::service

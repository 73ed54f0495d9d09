#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/place.hpp"
#include "service/actor.hpp"
#include "store/resource_store.hpp"

/// Projects and environments. Environments are the same for all projects.
namespace fairlead::service {

class Projects {
  public:
    /// The references must outlive this object.
    Projects(store::ResourceStore& store, const Actor& actor);

    /// Throws already_exists, invalid_argument.
    catalog::Place create(std::string_view name, std::string_view description = {});
    catalog::Place describe(std::string_view name, std::string_view description,
                            std::optional<std::int64_t> expected_revision = {});
    /// Throws not_empty while something is in it, and conflict for `global`.
    void remove(std::string_view name, std::optional<std::int64_t> expected_revision = {});
    /// Throws not_found, with a near name as a hint.
    catalog::Place get(std::string_view name);
    std::vector<catalog::Place> list();

  private:
    store::ResourceStore& store_;
    const Actor& actor_;
};

class Environments {
  public:
    /// The references must outlive this object.
    Environments(store::ResourceStore& store, const Actor& actor);

    /// Throws already_exists, invalid_argument.
    catalog::Place create(std::string_view name, std::string_view description = {});
    catalog::Place describe(std::string_view name, std::string_view description,
                            std::optional<std::int64_t> expected_revision = {});
    /// Throws conflict while a variable has a value for it; forced, those values go too, in one transaction.
    void remove(std::string_view name, bool force = false, std::optional<std::int64_t> expected_revision = {});
    /// Throws not_found, with a near name as a hint.
    catalog::Place get(std::string_view name);
    std::vector<catalog::Place> list();

  private:
    store::ResourceStore& store_;
    const Actor& actor_;
};

/// Throws not_found, with a near name as a hint.
catalog::Place require_environment(store::ResourceStore& store, std::string_view name);
/// Applies changes that put something into a project, and makes the project when it is not there yet: it need not be
/// made before. Throws invalid_argument for a name that no project can have, or that is written otherwise, and what
/// refuse_local_names and refuse_redirected_secrets throw.
void apply_in_project(store::ResourceStore& store, const Actor& actor, std::string_view project,
                      const std::vector<store::ResourceChange>& changes);

}  // namespace fairlead::service

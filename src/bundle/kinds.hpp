#pragma once

#include <vector>

#include "catalog/resource.hpp"
#include "fairlead/error.hpp"

/// What is different from kind to kind.
namespace fairlead::bundle {

/// Whether bundles carry it: whatever has a row in catalog::kind_rows(), in the order of which it is imported.
bool is_portable(catalog::Kind kind) noexcept;

/// Whether every store has it anyway.
bool is_there_from_the_start(const catalog::Resource& resource);

/// Whether a thing that is there already stays as it is and serves the one in the file too, unless it is to be
/// overwritten: an environment, which has nothing but a name, and a variable, which others name in their texts.
bool serves_both(catalog::Kind kind) noexcept;

/// Checks what came from outside, its secrets apart, and gives it in the form that the store keeps, with what
/// it uses as far as that is seen. Wrong fields are added to `faults`.
catalog::Resource checked(catalog::Resource resource, std::vector<Fault>& faults);

}  // namespace fairlead::bundle

#pragma once

#include "catalog/resource.hpp"
#include "cli/verb.hpp"

/// Packages, and other programs' configurations.
namespace fairlead::cli {

/// `export`, below the noun of a kind: those that are named, the project, or everything.
void add_export(CLI::App& parent, Context& context, catalog::Kind kind);

/// `import FILE`: what is in it, whatever it is.
void add_import(CLI::App& parent, Context& context);

}  // namespace fairlead::cli

#pragma once

#include "catalog/resource.hpp"
#include "cli/verb.hpp"

namespace fairlead::cli {

/// `letters NAME`: events that a receiver has not taken; --replay, --drop.
void add_letters(CLI::App& parent, Context& context, catalog::Kind kind);
/// `alerts NAME`: what was told of a flow or an operation.
void add_alerts(CLI::App& parent, Context& context, catalog::Kind kind);

}  // namespace fairlead::cli

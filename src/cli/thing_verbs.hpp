#pragma once

#include "cli/verb.hpp"
#include "service/things.hpp"

/// The verbs of everything that is stored under a name, whatever it is.
namespace fairlead::cli {

/// rename, duplicate, move, enable, disable, history, rollback and used, below `connection`, `operation`, ...
void add_thing_verbs(CLI::App& parent, Context& context, catalog::Kind kind);

/// `delete NAME`, for kinds that nothing else must be removed with.
void add_thing_delete(CLI::App& parent, Context& context, catalog::Kind kind);

/// `history NAME`.
void add_thing_history(CLI::App& parent, Context& context, catalog::Kind kind);

/// Adds the name of a saved thing as a positional argument.
CLI::Option* add_thing_name(CLI::App& verb, catalog::Kind kind, std::string& target, const std::string& label = "NAME");

/// "a connection", "an operation".
std::string with_article(catalog::Kind kind);

}  // namespace fairlead::cli

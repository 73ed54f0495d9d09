#pragma once

#include "cli/verb.hpp"
#include "service/things.hpp"

/// The verbs of everything that is stored under a name, whatever it is.
namespace fairlead::cli {

/// rename, duplicate, move, enable, disable, history, rollback and used, below `connection`, `operation`, ...
void add_thing_verbs(CLI::App& parent, Context& context, catalog::Kind kind);

/// `delete NAME`. `help` says what goes with it; empty: its secrets.
void add_thing_delete(CLI::App& parent, Context& context, catalog::Kind kind, const std::string& help = {});

/// `enable NAME` or `disable NAME` under another word.
void add_thing_enabling(CLI::App& parent, Context& context, catalog::Kind kind, const char* word, bool enable);

/// `history NAME`.
void add_thing_history(CLI::App& parent, Context& context, catalog::Kind kind);

/// Adds the name of a saved thing as a positional argument.
CLI::Option* add_thing_name(CLI::App& verb, catalog::Kind kind, std::string& target, const std::string& label = "NAME");

/// Says what was changed: the JSON document, or `sentence`; warnings on standard error.
void report_change(Context& context, const service::Changed& changed, const std::string& sentence);

/// "a connection", "an operation".
std::string with_article(catalog::Kind kind);

}  // namespace fairlead::cli

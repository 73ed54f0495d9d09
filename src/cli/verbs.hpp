#pragma once

#include "cli/verb.hpp"

namespace fairlead::cli {

/// Adds every verb to the command line.
void add_verbs(CLI::App& app, Context& context);

// One per file of the same name; the table in verbs.cpp lists them in the order of the help page.
void add_connection(CLI::App& app, Context& context);
void add_quote(CLI::App& app, Context& context);
void add_doctor(CLI::App& app, Context& context);
void add_version(CLI::App& app, Context& context);
void add_completion(CLI::App& app, Context& context);

}  // namespace fairlead::cli

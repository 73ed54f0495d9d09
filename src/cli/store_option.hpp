#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace fairlead::cli {

/// Adds `--store`, which is also $FAIRLEAD_STORE and `store` in the --config file.
void add_store_option(CLI::App& app);

/// Where everything but the key is kept, as Workspace takes it: a URL, a path, or "" for the data directory's
/// own.
const std::string& chosen_store();

/// Wipes passwords in URLs of PostgreSQL from the arguments of this process, where every user could read them
/// in the list of processes. Called once they have been copied.
void hide_passwords(int argc, char** argv);

}  // namespace fairlead::cli

#pragma once

#include <string>
#include <vector>

#include "cli/verb.hpp"

namespace fairlead::cli {

/// Adds the verbs that the arguments name to the command line, or all of them where others may be meant or
/// told of: to describe the thousand options of all takes longer than a listing.
void add_verbs(CLI::App& app, Context& context, const std::vector<std::string>& arguments);

// One per file of the same name; the table in verbs.cpp lists them in the order of the help page.
void add_connection(CLI::App& app, Context& context);
void add_project(CLI::App& app, Context& context);
void add_environment(CLI::App& app, Context& context);
void add_variable(CLI::App& app, Context& context);
void add_audit(CLI::App& app, Context& context);
void add_ls(CLI::App& app, Context& context);
void add_stat(CLI::App& app, Context& context);
void add_cat(CLI::App& app, Context& context);
void add_preview(CLI::App& app, Context& context);
void add_find(CLI::App& app, Context& context);
void add_du(CLI::App& app, Context& context);
void add_get(CLI::App& app, Context& context);
void add_put(CLI::App& app, Context& context);
void add_cp(CLI::App& app, Context& context);
void add_sync(CLI::App& app, Context& context);
void add_watch(CLI::App& app, Context& context);
void add_monitor(CLI::App& app, Context& context);
void add_mv(CLI::App& app, Context& context);
void add_rm(CLI::App& app, Context& context);
void add_mkdir(CLI::App& app, Context& context);
void add_rmdir(CLI::App& app, Context& context);
void add_touch(CLI::App& app, Context& context);
void add_chmod(CLI::App& app, Context& context);
void add_quote(CLI::App& app, Context& context);
void add_secret(CLI::App& app, Context& context);
void add_session(CLI::App& app, Context& context);
void add_serve(CLI::App& app, Context& context);
void add_token(CLI::App& app, Context& context);
void add_operation(CLI::App& app, Context& context);
void add_flow(CLI::App& app, Context& context);
void add_run(CLI::App& app, Context& context);
void add_doctor(CLI::App& app, Context& context);
void add_version(CLI::App& app, Context& context);
void add_completion(CLI::App& app, Context& context);

}  // namespace fairlead::cli

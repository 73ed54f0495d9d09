#pragma once

#include <boost/json/object.hpp>

#include "cli/verb.hpp"

/// The verbs below `operation`: one file for those that change, one for those that show, one for running.
namespace fairlead::cli {

void add_operation_create(CLI::App& operation, Context& context);
void add_operation_update(CLI::App& operation, Context& context);
void add_operation_edit(CLI::App& operation, Context& context);
void add_operation_list(CLI::App& operation, Context& context);
void add_operation_show(CLI::App& operation, Context& context);
void add_operation_run(CLI::App& operation, Context& context);

/// Adds the name of a saved operation as a positional argument.
CLI::Option* add_operation_name(CLI::App& verb, std::string& target);

/// "a=b" as its two halves. Throws Error{invalid_argument} naming the flag.
std::pair<std::string, std::string> split_assignment(const std::string& text, const std::string& flag);

}  // namespace fairlead::cli

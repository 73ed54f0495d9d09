#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <string>

#include "cli/context.hpp"

/// A verb is one file that defines one function `void add_NAME(CLI::App& app, Context& context)`, declared in
/// cli/verbs.hpp and listed in cli/verbs.cpp. It makes its subcommand, ties its options to a struct that the
/// callback owns, and does the work in a function of its own that takes the struct and the context:
///
///     void add_rm(CLI::App& app, Context& context) {
///         auto options = std::make_shared<RmOptions>();
///         auto* verb = app.add_subcommand("rm", "Remove files");
///         verb->add_option("location", options->locations, "What to remove")->required()->type_name("LOC");
///         verb->add_flag("-r,--recursive", options->recursive, "Remove directories with what is in them");
///         verb->callback([options, &context] { run_rm(*options, context); });
///     }
///
/// Failures are thrown as fairlead::Error; main reports them and chooses the exit status. Every long option
/// also works as FAIRLEAD_NAME environment variable and in the --config file without further ado. Global
/// options are accepted after the verb too.
namespace fairlead::cli {

/// Ties a `--flag VALUE` option to an optional, which stays empty when the flag is not given.
template <class T>
CLI::Option* add_optional(CLI::App& app, const std::string& flags, std::optional<T>& target,
                          const std::string& help) {
    return app.add_option_function<T>(
        flags, [&target](const T& value) { target = value; }, help);
}

}  // namespace fairlead::cli

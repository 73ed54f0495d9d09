#pragma once

#include <optional>
#include <string>
#include <vector>

#include "transfer/filter.hpp"

namespace CLI {
class App;
}

namespace fairlead::cli {

/// The flags that choose among many files, the same on every verb.
struct FilterFlags {
    std::vector<std::string> include, exclude, names, types;
    std::optional<std::string> regex, min_size, max_size, min_age, max_age;

    /// Throws Error{invalid_argument}.
    transfer::Filter to_filter() const;
};

/// --include, --exclude, --name, --regex, --type, --min-size, --max-size, --min-age, --max-age.
void add_filter_options(CLI::App& verb, FilterFlags& flags);

}  // namespace fairlead::cli

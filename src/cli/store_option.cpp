#include "cli/store_option.hpp"

#include <algorithm>
#include <cstring>
#include <string_view>

namespace fairlead::cli {
namespace {

std::string& store() {
    static std::string where;
    return where;
}

/// Puts an x in place of each character between two places of an argument.
void cover(char* argument, std::size_t begin, std::size_t end) {
    std::fill(argument + begin, argument + end, 'x');
}

}  // namespace

void add_store_option(CLI::App& app) {
    app.add_option_function<std::string>(
           "--store", [](const std::string& where) { store() = where == "sqlite" ? "" : where; },
           "Where connections and the like are kept: 'sqlite' (in the data directory), or "
           "postgresql://USER@HOST,HOST2/DATABASE, shared by several machines; see docs/store.md")
        ->type_name("URL");
}

const std::string& chosen_store() {
    return store();
}

void hide_passwords(int argc, char** argv) {
    for (int i = 1; i < argc; ++i) {
        const std::string_view argument(argv[i]);
        const auto scheme = argument.find("postgres");
        const auto slashes = argument.find("://");
        if (scheme == std::string_view::npos || slashes == std::string_view::npos || slashes < scheme)
            continue;
        const auto user = slashes + 3;
        const auto at = argument.find('@', user);
        const auto colon = argument.find(':', user);
        if (at != std::string_view::npos && colon < at) cover(argv[i], colon + 1, at);
        for (auto word = argument.find("password="); word != std::string_view::npos;
             word = argument.find("password=", word + 1)) {
            const auto begin = word + std::strlen("password=");
            cover(argv[i], begin, std::min(argument.find('&', begin), argument.size()));
        }
    }
}

}  // namespace fairlead::cli

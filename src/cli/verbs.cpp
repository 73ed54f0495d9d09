#include "cli/verbs.hpp"

#include <array>

namespace fairlead::cli {
namespace {

using AddVerb = void (*)(CLI::App&, Context&);

constexpr std::array kVerbs{
    AddVerb{add_version},
};

}  // namespace

void add_verbs(CLI::App& app, Context& context) {
    for (const auto add : kVerbs)
        add(app, context);
}

}  // namespace fairlead::cli

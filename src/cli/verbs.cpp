#include "cli/verbs.hpp"

#include <array>

namespace fairlead::cli {
namespace {

using AddVerb = void (*)(CLI::App&, Context&);

constexpr std::array kVerbs{
    AddVerb{add_connection}, AddVerb{add_quote},      AddVerb{add_doctor},
    AddVerb{add_version},    AddVerb{add_completion},
};

}  // namespace

void add_verbs(CLI::App& app, Context& context) {
    for (const auto add : kVerbs)
        add(app, context);
}

}  // namespace fairlead::cli

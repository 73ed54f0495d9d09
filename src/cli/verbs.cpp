#include "cli/verbs.hpp"

#include <array>

namespace fairlead::cli {
namespace {

using AddVerb = void (*)(CLI::App&, Context&);

constexpr std::array kVerbs{
    AddVerb{add_connection}, AddVerb{add_project}, AddVerb{add_environment}, AddVerb{add_variable},
    AddVerb{add_audit},      AddVerb{add_ls},      AddVerb{add_stat},        AddVerb{add_cat},
    AddVerb{add_preview},    AddVerb{add_find},    AddVerb{add_du},          AddVerb{add_get},
    AddVerb{add_put},        AddVerb{add_cp},      AddVerb{add_sync},        AddVerb{add_watch},      AddVerb{add_monitor},      AddVerb{add_mv},
    AddVerb{add_rm},         AddVerb{add_mkdir},   AddVerb{add_rmdir},       AddVerb{add_touch},
    AddVerb{add_chmod},      AddVerb{add_quote},   AddVerb{add_session},     AddVerb{add_serve},
    AddVerb{add_token},      AddVerb{add_operation}, AddVerb{add_flow},      AddVerb{add_run},       AddVerb{add_secret},
    AddVerb{add_doctor},     AddVerb{add_version},    AddVerb{add_completion},
};

}  // namespace

void add_verbs(CLI::App& app, Context& context) {
    for (const auto add : kVerbs)
        add(app, context);
}

}  // namespace fairlead::cli

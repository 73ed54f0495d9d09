#include "cli/verbs.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string_view>

namespace fairlead::cli {
namespace {

struct Verb {
    std::string_view name;  ///< as its function names it
    void (*add)(CLI::App&, Context&);
};

constexpr std::array kVerbs{
    Verb{"connection", add_connection},
    Verb{"project", add_project},
    Verb{"environment", add_environment},
    Verb{"variable", add_variable},
    Verb{"audit", add_audit},
    Verb{"ls", add_ls},
    Verb{"stat", add_stat},
    Verb{"cat", add_cat},
    Verb{"preview", add_preview},
    Verb{"find", add_find},
    Verb{"du", add_du},
    Verb{"get", add_get},
    Verb{"put", add_put},
    Verb{"cp", add_cp},
    Verb{"sync", add_sync},
    Verb{"watch", add_watch},
    Verb{"monitor", add_monitor},
    Verb{"mv", add_mv},
    Verb{"rm", add_rm},
    Verb{"mkdir", add_mkdir},
    Verb{"rmdir", add_rmdir},
    Verb{"touch", add_touch},
    Verb{"chmod", add_chmod},
    Verb{"quote", add_quote},
    Verb{"session", add_session},
    Verb{"serve", add_serve},
    Verb{"token", add_token},
    Verb{"operation", add_operation},
    Verb{"flow", add_flow},
    Verb{"run", add_run},
    Verb{"secret", add_secret},
    Verb{"doctor", add_doctor},
    Verb{"version", add_version},
    Verb{"completion", add_completion},
};

/// Something that may speak of every verb: the help page, the script of completions, a file of flags.
bool concerns_all(std::string_view argument) {
    if (argument.starts_with("--")) return argument.starts_with("--help") || argument.starts_with("--config");
    if (argument.starts_with('-')) return argument.find('h') != std::string_view::npos;
    return argument == "completion";
}

/// The words among the arguments that may be the verb.
std::vector<Verb> wanted(const std::vector<std::string>& arguments) {
    std::vector<Verb> verbs(kVerbs.begin(), kVerbs.end());
    if (std::getenv("FAIRLEAD_CONFIG") != nullptr || std::ranges::any_of(arguments, concerns_all))
        return verbs;
    std::erase_if(verbs, [&](const Verb& verb) {
        return std::ranges::find(arguments, verb.name) == arguments.end();
    });
    if (verbs.empty()) verbs.assign(kVerbs.begin(), kVerbs.end());
    return verbs;
}

}  // namespace

void add_verbs(CLI::App& app, Context& context, const std::vector<std::string>& arguments) {
    for (const auto& verb : wanted(arguments)) {
        verb.add(app, context);
        (void)app.get_subcommand(std::string(verb.name));  // throws where the table is wrong
    }
}

}  // namespace fairlead::cli

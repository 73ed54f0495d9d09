#include "cli/completion_script.hpp"

#include <string_view>

#include "cli/verbs.hpp"

namespace fairlead::cli {
namespace {

using Arguments = CompletionVerb::Arguments;

CompletionVerb::Option describe(const CLI::Option& option) {
    CompletionVerb::Option result;
    for (const auto& name : option.get_lnames())
        result.flags.push_back("--" + name);
    for (const auto& name : option.get_snames())
        result.flags.push_back("-" + name);
    result.help = option.get_description();
    result.takes_value = option.get_items_expected_max() > 0;
    return result;
}

Arguments arguments_of(const CLI::App& verb, const std::string& path) {
    bool positional = false;
    for (const auto* option : verb.get_options())
        positional = positional || option->get_positional();
    if (!positional || path == "connection create") return Arguments::none;
    return path.starts_with("connection ") || path == "quote" ? Arguments::connection_names
                                                              : Arguments::locations;
}

/// The verb and all below it, outermost first.
void collect(const CLI::App& app, const std::string& path, std::vector<CompletionVerb>& verbs) {
    CompletionVerb verb;
    verb.path = path;
    verb.help = app.get_description();
    verb.arguments = arguments_of(app, path);
    for (const auto* option : app.get_options())
        if (!option->get_lnames().empty() || !option->get_snames().empty())
            verb.options.push_back(describe(*option));
    for (const auto* child : app.get_subcommands({}))
        verb.verbs.push_back(child->get_name());
    if (path == "completion") {
        verb.arguments = Arguments::words;
        verb.words = {"bash", "zsh", "fish"};
    }
    verbs.push_back(std::move(verb));
    for (const auto* child : app.get_subcommands({}))
        collect(*child, path.empty() ? child->get_name() : path + " " + child->get_name(), verbs);
}

}  // namespace

void add_completion(CLI::App& app, Context& context) {
    auto shell = std::make_shared<std::string>();
    auto* verb =
        app.add_subcommand("completion", "Print a script that completes verbs, flags and names in a shell");
    verb->add_option("SHELL", *shell, "bash, zsh or fish")
        ->required()
        ->type_name("")
        ->check(CLI::IsMember({"bash", "zsh", "fish"}));
    verb->callback([shell, &app, &context] {
        std::vector<CompletionVerb> verbs;
        collect(app, "", verbs);
        context.out(*shell == "bash"  ? bash_completion(verbs)
                    : *shell == "zsh" ? zsh_completion(verbs)
                                      : fish_completion(verbs));
    });
}

}  // namespace fairlead::cli

#include "cli/completion_script.hpp"

#include <fmt/format.h>

namespace fairlead::cli {
namespace {

using Arguments = CompletionVerb::Arguments;

std::string join(const std::vector<std::string>& words) {
    std::string text;
    for (const auto& word : words)
        text += (text.empty() ? "" : " ") + word;
    return text;
}

std::string flags_of(const CompletionVerb& verb) {
    std::string text;
    for (const auto& option : verb.options)
        for (const auto& flag : option.flags)
            text += (text.empty() ? "" : " ") + flag;
    return text;
}

/// In single quotes of a shell.
std::string quoted(const std::string& text) {
    std::string result = "'";
    for (const char c : text)
        result += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return result + "'";
}

std::string kind_of(const CompletionVerb& verb) {
    switch (verb.arguments) {
        case Arguments::connection_names:
            return "names";
        case Arguments::locations:
            return "locations";
        case Arguments::none:
        case Arguments::words:
            break;
    }
    return "none";
}

/// The part that bash and zsh share: a function that knows every verb's words, flags and kind of arguments.
std::string shell_tables(const std::vector<CompletionVerb>& verbs) {
    std::string verb_cases, flag_cases, kind_cases;
    for (const auto& verb : verbs) {
        const auto pattern = quoted(verb.path);
        verb_cases += fmt::format("        {}) echo {} ;;\n", pattern,
                                  quoted(join(verb.verbs.empty() ? verb.words : verb.verbs)));
        flag_cases += fmt::format("        {}) echo {} ;;\n", pattern, quoted(flags_of(verb)));
        kind_cases += fmt::format("        {}) echo {} ;;\n", pattern, kind_of(verb));
    }
    return fmt::format(
        "_fairlead_words() {{\n    case \"$1\" in\n{}    esac\n}}\n"
        "_fairlead_flags() {{\n    case \"$1\" in\n{}    esac\n}}\n"
        "_fairlead_kind() {{\n    case \"$1\" in\n{}    esac\n}}\n",
        verb_cases, flag_cases, kind_cases);
}

constexpr const char* kNames = "fairlead connection list --names 2>/dev/null";

}  // namespace

std::string bash_completion(const std::vector<CompletionVerb>& verbs) {
    return "# bash completion of fairlead; load it with: source <(fairlead completion bash)\n" +
           shell_tables(verbs) +
           fmt::format(R"sh(_fairlead() {{
    local current="${{COMP_WORDS[COMP_CWORD]}}" path="" word i IFS=$' \t\n'
    for ((i = 1; i < COMP_CWORD; i++)); do
        word="${{COMP_WORDS[i]}}"
        case " $(_fairlead_words "$path") " in
            *" $word "*) path="${{path:+$path }}$word" ;;
        esac
    done
    COMPREPLY=()
    if [[ $current == -* ]]; then
        COMPREPLY=($(compgen -W "$(_fairlead_flags "$path") $(_fairlead_flags "")" -- "$current"))
        return
    fi
    COMPREPLY=($(compgen -W "$(_fairlead_words "$path")" -- "$current"))
    local IFS=$'\n'
    case "$(_fairlead_kind "$path")" in
        names) COMPREPLY+=($(compgen -W "$({0})" -- "$current")) ;;
        locations)
            COMPREPLY+=($(compgen -S : -W "$({0})" -- "$current") $(compgen -f -- "$current"))
            compopt -o nospace -o filenames 2>/dev/null
            ;;
    esac
}}
complete -F _fairlead fairlead
)sh",
                       kNames);
}

std::string zsh_completion(const std::vector<CompletionVerb>& verbs) {
    return "#compdef fairlead\n# zsh completion of fairlead; put it as _fairlead into a folder of $fpath\n" +
           shell_tables(verbs) +
           fmt::format(R"sh(_fairlead() {{
    local word verb_path="" known
    for word in "${{words[@]:1:$((CURRENT - 2))}}"; do
        known=" $(_fairlead_words "$verb_path") "
        if [[ $known == *" $word "* ]]; then verb_path="${{verb_path:+$verb_path }}$word"; fi
    done
    if [[ ${{words[CURRENT]}} == -* ]]; then
        compadd -- ${{=$(_fairlead_flags "$verb_path")}} ${{=$(_fairlead_flags "")}}
        return
    fi
    compadd -- ${{=$(_fairlead_words "$verb_path")}}
    case "$(_fairlead_kind "$verb_path")" in
        names) compadd -- ${{(f)"$({0})"}} ;;
        locations)
            compadd -S : -- ${{(f)"$({0})"}}
            _files
            ;;
    esac
}}
if [[ "${{funcstack[1]}}" == _fairlead ]]; then _fairlead "$@"; else compdef _fairlead fairlead; fi
)sh",
                       kNames);
}

namespace {

/// The condition under which what belongs to a verb is offered.
std::string fish_condition(const std::string& path) {
    if (path.empty()) return "__fish_use_subcommand";
    const auto space = path.find(' ');
    if (space == std::string::npos) return fmt::format("__fish_seen_subcommand_from {}", path);
    return fmt::format("__fish_seen_subcommand_from {}; and __fish_seen_subcommand_from {}",
                       path.substr(0, space), path.substr(space + 1));
}

std::string fish_option(const std::string& condition, const CompletionVerb::Option& option) {
    std::string line = "complete -c fairlead";
    if (!condition.empty()) line += fmt::format(" -n {}", quoted(condition));
    for (const auto& flag : option.flags)
        line += flag.starts_with("--") ? " -l " + flag.substr(2) : " -s " + flag.substr(1);
    if (option.takes_value) line += " -r";
    return line + " -d " + quoted(option.help) + "\n";
}

const CompletionVerb* find(const std::vector<CompletionVerb>& verbs, const std::string& path) {
    for (const auto& verb : verbs)
        if (verb.path == path) return &verb;
    return nullptr;
}

}  // namespace

std::string fish_completion(const std::vector<CompletionVerb>& verbs) {
    std::string text =
        "# fish completion of fairlead; put it into ~/.config/fish/completions/fairlead.fish\n"
        "complete -c fairlead -f\n";
    for (const auto& verb : verbs) {
        const auto condition = fish_condition(verb.path);
        for (const auto& child : verb.verbs) {
            const auto* below = find(verbs, verb.path.empty() ? child : verb.path + " " + child);
            text += fmt::format(
                "complete -c fairlead -n {} -a {} -d {}\n",
                quoted(verb.path.empty() ? condition
                                         : fmt::format("{}; and not __fish_seen_subcommand_from {}",
                                                       condition, join(verb.verbs))),
                child, quoted(below != nullptr ? below->help : ""));
        }
        for (const auto& word : verb.words)
            text += fmt::format("complete -c fairlead -n {} -a {}\n", quoted(condition), word);
        for (const auto& option : verb.options)
            text += fish_option(verb.path.empty() ? "" : condition, option);
        if (verb.arguments == Arguments::connection_names)
            text += fmt::format("complete -c fairlead -n {} -a '({})'\n", quoted(condition), kNames);
        if (verb.arguments == Arguments::locations)
            text += fmt::format("complete -c fairlead -n {} -F -a '({} | string replace -r \"$\" :)'\n",
                                quoted(condition), kNames);
    }
    return text;
}

}  // namespace fairlead::cli

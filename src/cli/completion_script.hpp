#pragma once

#include <string>
#include <vector>

namespace fairlead::cli {

/// What a shell needs to know of one verb to complete it.
struct CompletionVerb {
    struct Option {
        std::vector<std::string> flags;  ///< "--recursive", "-r"
        std::string help;
        bool takes_value = false;
    };
    enum class Arguments { none, connection_names, locations, words };

    std::string path;  ///< "", "ls", "connection create"
    std::string help;
    std::vector<std::string> verbs;  ///< below it
    std::vector<Option> options;
    Arguments arguments = Arguments::none;
    std::vector<std::string> words;  ///< the only arguments, with Arguments::words
};

/// Scripts that complete verbs, flags, names of connections and files. Names are asked of `fairlead
/// connection list
/// --names` at the time of completing.
std::string bash_completion(const std::vector<CompletionVerb>& verbs);
std::string zsh_completion(const std::vector<CompletionVerb>& verbs);
std::string fish_completion(const std::vector<CompletionVerb>& verbs);

}  // namespace fairlead::cli

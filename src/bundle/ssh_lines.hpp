#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

/// The lines of an ssh_config (5), as blocks that apply or do not.
namespace fairlead::bundle {

struct SshLine {
    std::string keyword;  ///< in lower case
    std::vector<std::string> words;
};

/// What stands below one `Host` or `Match` line; the lines before the first are a block for everybody.
struct SshBlock {
    enum class Kind {
        all,      ///< before the first Host line, or `Match all`
        host,     ///< `Host patterns`
        match,    ///< `Match host patterns` or `Match originalhost patterns`
        unknown,  ///< a Match on something that cannot be known here; never applies
    };

    Kind kind = Kind::all;
    std::vector<std::string> patterns;
    bool of_original = true;  ///< of Kind::match: of the name as it was given, not of HostName
    std::vector<SshLine> lines;

    bool applies_to(std::string_view name, std::string_view host_name) const;
};

/// Whether a word of a Host line stands for more or less than itself: "*", "?", a leading "!".
bool is_ssh_pattern(std::string_view word) noexcept;

/// Reads the lines, and those of included files in their place, up to 16 deep. What is left out is noted.
/// Throws Error{invalid_argument} for an unclosed quote, naming the line.
std::vector<SshBlock> read_ssh_blocks(
    std::string_view text, const std::function<std::vector<std::string>(const std::string&)>& include,
    std::vector<std::string>& notes);

}  // namespace fairlead::bundle

#include "ftp/pwd.hpp"

#include "ftp/text_match.hpp"

namespace fairlead::ftp {

std::optional<std::string> parse_directory_reply(const Reply& reply) {
    if (reply.code != 257 || reply.lines.empty()) return std::nullopt;
    // Not Reply::text(): a directory may begin or end with blanks.
    for (std::size_t line = 0; line < reply.lines.size(); ++line) {
        const auto words = reply.line_text(line);
        const auto open = words.find('"');
        if (open == std::string_view::npos) continue;
        std::string directory;
        for (auto at = open + 1; at < words.size(); ++at) {
            if (words[at] == '"') {
                if (at + 1 >= words.size() || words[at + 1] != '"') {
                    if (directory.empty()) return std::nullopt;
                    return directory;
                }
                ++at;
            }
            directory += words[at];
        }
        // The closing quote is missing: up to the words that usually follow.
        if (const auto is = directory.find(" is "); is != std::string::npos) directory.resize(is);
        if (!directory.empty()) return directory;
    }
    auto words = text::trimmed(reply.line_text(0));
    words = words.substr(0, words.find(" is "));
    if (words.empty()) return std::nullopt;
    return std::string(words);
}

PathStyle path_style(std::string_view directory) {
    if (directory.empty()) return PathStyle::other;
    if (directory.front() == '/') return PathStyle::unix_;
    if (directory.front() == '\'') return PathStyle::mvs;
    const auto letter = text::lower(directory[0]);
    if (directory.size() >= 2 && letter >= 'a' && letter <= 'z' && directory[1] == ':' &&
        (directory.size() == 2 || directory[2] == '\\' || directory[2] == '/'))
        return PathStyle::windows;
    if (directory.front() == '\\') return PathStyle::windows;
    if (directory.find(":[") != std::string_view::npos || directory.front() == '[') return PathStyle::vms;
    return PathStyle::other;
}

}  // namespace fairlead::ftp

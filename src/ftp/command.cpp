#include "ftp/command.hpp"

#include <algorithm>

#include "base/path.hpp"

namespace fairlead::ftp {

std::string command_line(std::string_view verb, std::string_view argument) {
    path::refuse_control_bytes(verb, "command");
    path::refuse_control_bytes(argument, "argument of an FTP command");
    std::string line;
    line.reserve(verb.size() + argument.size() + 3);
    line += verb;
    if (!argument.empty()) line.append(" ").append(argument);
    return line += "\r\n";
}

std::string raw_command_line(std::string_view command) {
    return command_line(command);
}

std::string verb_of(std::string_view line) {
    std::string verb(line.substr(0, line.find_first_of(" \t\r\n")));
    for (char& c : verb)
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    return verb;
}

namespace {
std::string_view without_line_end(std::string_view line) {
    while (!line.empty() && (line.back() == '\n' || line.back() == '\r'))
        line.remove_suffix(1);
    // Blanks in front do not keep a server from understanding a command that a user typed.
    line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
    return line;
}

std::string_view after_word(std::string_view line) {
    line.remove_prefix(std::min(line.find_first_of(" \t"), line.size()));
    line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
    return line;
}
}  // namespace

std::string_view hidden_in(std::string_view line) {
    line = without_line_end(line);
    const auto verb = verb_of(line);
    const auto rest = after_word(line);
    if (verb == "PASS" || verb == "ACCT" || verb == "ADAT") return rest;
    // SITE PSWD and its relatives change a password.
    const auto sub = verb_of(rest);
    const bool changes = sub == "PSWD" || sub == "PASSWD" || sub == "CHPASS" || sub == "PASS";
    return verb == "SITE" && changes ? after_word(rest) : std::string_view();
}

std::string masked(std::string_view line) {
    line = without_line_end(line);
    const auto hidden = hidden_in(line);
    if (hidden.empty()) return std::string(line);
    const auto verb = verb_of(line);
    return verb == "SITE" ? "SITE " + verb_of(after_word(line)) + " ********" : verb + " ********";
}

}  // namespace fairlead::ftp

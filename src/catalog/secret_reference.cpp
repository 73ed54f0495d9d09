#include "catalog/secret_reference.hpp"

#include <sodium.h>

#include <fmt/format.h>
#include <algorithm>

#include "fairlead/error.hpp"

namespace fairlead::catalog {
namespace {

constexpr std::string_view kEnvironment = "env:", kFile = "file:", kCommand = "command:", kLiteral = "literal:";
constexpr std::size_t kLongest = 4096;
constexpr char kFormat = 2;  // the first byte of a sealed secret says how it is kept; SecretBox has 1

bool is_variable_name(std::string_view name) {
    const auto allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    };
    return !name.empty() && (name[0] < '0' || name[0] > '9') && std::ranges::all_of(name, allowed);
}

/// Nothing for an unclosed quote.
std::optional<std::vector<std::string>> words_of(std::string_view text) {
    std::vector<std::string> words;
    std::string word;
    bool begun = false;
    char quote = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (quote == 0 && (c == ' ' || c == '\t')) {
            if (begun) words.push_back(std::move(word));
            word.clear();
            begun = false;
            continue;
        }
        begun = true;
        if (c == '\\' && quote != '\'' && i + 1 < text.size())
            word += text[++i];
        else if (quote == 0 && (c == '"' || c == '\''))
            quote = c;
        else if (c == quote)
            quote = 0;
        else
            word += c;
    }
    if (quote != 0) return std::nullopt;
    if (begun) words.push_back(std::move(word));
    return words;
}

}  // namespace

bool is_secret_reference(std::string_view text) noexcept {
    return text.starts_with(kEnvironment) || text.starts_with(kFile) || text.starts_with(kCommand);
}

std::string problem_of_secret_reference(std::string_view text) {
    const auto rest = text.substr(std::min(text.size(), text.find(':') + 1));
    if (text.size() > kLongest) return "is longer than 4096 characters";
    const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
    if (std::ranges::any_of(text, is_control)) return "holds a control character";
    if (text.starts_with(kEnvironment) && !is_variable_name(rest))
        return "must name an environment variable: env:NAME";
    if (text.starts_with(kFile) && !rest.starts_with('/')) return "must name a file from the root: file:/PATH";
    if (text.starts_with(kCommand)) {
        const auto words = words_of(rest);
        if (!words) return "has an unclosed quote";
        if (words->empty() || words->front().empty()) return "must name a program: command:PROGRAM ARGUMENTS";
    }
    return "";
}

SecretReference parse_secret_reference(std::string_view text, std::string_view field) {
    if (const auto problem = problem_of_secret_reference(text); !problem.empty()) {
        Error error(ErrorCode::invalid_argument, fmt::format("The reference in {} is wrong.", field));
        error.faults.push_back({std::string(field), std::string(text), problem});
        throw error;
    }
    const auto rest = text.substr(text.find(':') + 1);
    if (text.starts_with(kCommand)) return {SecretReference::Kind::command, "", words_of(rest).value()};
    const auto kind = text.starts_with(kFile) ? SecretReference::Kind::file : SecretReference::Kind::environment;
    return {kind, std::string(rest), {}};
}

Secret secret_of_text(std::string_view text) {
    if (text.starts_with(kLiteral)) text.remove_prefix(kLiteral.size());
    return Secret(text);
}

Secret text_of_secret(const Secret& secret) {
    const auto text = secret.reveal();
    if (!is_secret_reference(text) && !text.starts_with(kLiteral)) return secret;
    std::string escaped(kLiteral);
    escaped += text;
    Secret result(escaped);
    sodium_memzero(escaped.data(), escaped.size());
    return result;
}

Secret without_variables(std::string_view text) {
    if (text.find("${") == text.npos) return Secret(text);
    std::string escaped;
    escaped.reserve(2 * text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text.substr(i).starts_with("${")) escaped += '$';
        escaped += text[i];
    }
    Secret secret(escaped);
    sodium_memzero(escaped.data(), escaped.size());
    return secret;
}

std::string to_sealed(std::string_view reference) {
    return kFormat + std::string(reference);
}

std::optional<std::string> reference_in(std::string_view sealed) {
    if (sealed.empty() || sealed.front() != kFormat) return std::nullopt;
    return std::string(sealed.substr(1));
}

}  // namespace fairlead::catalog

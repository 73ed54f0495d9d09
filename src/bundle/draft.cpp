#include "bundle/draft.hpp"

#include <fmt/format.h>
#include <algorithm>

#include "fairlead/error.hpp"

namespace fairlead::bundle {
namespace {

constexpr std::size_t kLongestName = 128;

bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool may_be_in_name(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-' || c == ' ';
}

std::string valid_name(std::string_view wanted) {
    std::string name;
    for (const char c : trimmed(wanted)) {
        const bool odd = !may_be_in_name(c);
        if (odd && name.ends_with('-')) continue;  // a character of several bytes is one hyphen
        name += odd ? '-' : c;
    }
    name.resize(std::min(name.size(), kLongestName));
    name = trimmed(name);
    return catalog::is_connection_name(name) ? name : "connection";
}

}  // namespace

std::string Names::next(std::string_view wanted) {
    const auto base = valid_name(wanted);
    auto name = base;
    for (unsigned n = 2; !taken_.insert(lower(name)).second; ++n) {
        const auto end = fmt::format("-{}", n);
        name = std::string(trimmed(base.substr(0, kLongestName - end.size()))) + end;
    }
    return name;
}

void require_configuration(std::string_view text, std::string_view what) {
    if (text.size() > kLargestConfiguration)
        throw Error(ErrorCode::invalid_argument,
                    fmt::format("The {} is larger than {} MB.", what, kLargestConfiguration / 1024 / 1024));
    if (text.find('\0') != text.npos)
        throw Error(ErrorCode::invalid_argument, fmt::format("This is no {}: it is not text.", what));
}

std::string_view trimmed(std::string_view text) noexcept {
    while (!text.empty() && is_space(text.front()))
        text.remove_prefix(1);
    while (!text.empty() && is_space(text.back()))
        text.remove_suffix(1);
    return text;
}

std::string lower(std::string_view text) {
    std::string result(text);
    for (auto& c : result)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return result;
}

bool is_true(std::string_view text) {
    const auto word = lower(trimmed(text));
    return word == "true" || word == "yes" || word == "1" || word == "on";
}

}  // namespace fairlead::bundle

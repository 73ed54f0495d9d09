#include "service/name_match.hpp"

#include <fmt/format.h>

#include <array>

#include "base/utf8.hpp"
#include "fairlead/error.hpp"

namespace fairlead::service {
namespace {

constexpr std::array kKinds{MatchKind::starts_with, MatchKind::exact_match, MatchKind::contains,
                            MatchKind::ends_with, MatchKind::wildcard};

/// The text as a glob in which only "*" and "?" mean something.
std::string as_glob(std::string_view text) {
    std::string glob;
    for (const char c : text) {
        if (std::string_view("[]{},!^\\").find(c) != std::string_view::npos) glob += '\\';
        if (c == '*' && glob.ends_with('*')) continue;  // "**" is something else in a glob
        glob += c;
    }
    return glob;
}

}  // namespace

std::string_view to_string(MatchKind kind) noexcept {
    switch (kind) {
        case MatchKind::starts_with:
            return "starts_with";
        case MatchKind::exact_match:
            return "exact_match";
        case MatchKind::contains:
            return "contains";
        case MatchKind::ends_with:
            return "ends_with";
        case MatchKind::wildcard:
            return "wildcard";
    }
    return "";
}

MatchKind parse_match_kind(std::string_view word) {
    std::string key;
    for (const char c : word)
        key += c == '-' ? '_' : c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    for (const auto kind : kKinds)
        if (key == to_string(kind)) return kind;
    throw Error(ErrorCode::invalid_argument, fmt::format("'{}' is not a way to match names.", word))
        .hinting("choose starts_with, exact_match, contains, ends_with or wildcard");
}

NameMatch::NameMatch(MatchKind kind, std::string_view text, bool ignore_case)
    : kind_(kind), text_(ignore_case ? case_key(text) : std::string(text)), ignore_case_(ignore_case) {
    if (kind == MatchKind::wildcard && !text.empty()) glob_.emplace(as_glob(text_));
}

bool NameMatch::matches(std::string_view name) const {
    if (text_.empty()) return true;
    const auto key = ignore_case_ ? case_key(name) : std::string(name);
    switch (kind_) {
        case MatchKind::starts_with:
            return key.starts_with(text_);
        case MatchKind::exact_match:
            return key == text_;
        case MatchKind::contains:
            return key.find(text_) != std::string::npos;
        case MatchKind::ends_with:
            return key.ends_with(text_);
        case MatchKind::wildcard:
            return glob_->matches(key);
    }
    return false;
}

}  // namespace fairlead::service

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/glob.hpp"

namespace fairlead::service {

/// The ways in which people search for names.
enum class MatchKind {
    starts_with,
    exact_match,
    contains,
    ends_with,
    wildcard,  ///< "*" for any characters, none too, and "?" for exactly one; nothing else is special
};
std::string_view to_string(MatchKind kind) noexcept;
/// Upper and lower case, "_" and "-" are the same. Throws Error{invalid_argument} naming the choices.
MatchKind parse_match_kind(std::string_view word);

/// A search for names. An empty text finds all. Ignoring case takes letters of every script as alike.
class NameMatch {
  public:
    NameMatch(MatchKind kind, std::string_view text, bool ignore_case);

    bool matches(std::string_view name) const;

  private:
    MatchKind kind_;
    std::string text_;
    bool ignore_case_;
    std::optional<Glob> glob_;
};

}  // namespace fairlead::service

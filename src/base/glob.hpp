#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace re2 {
class RE2;
}

namespace fairlead {

/// A shell pattern for names and paths. Bytes are compared, except that "?" and "[...]" take one whole UTF-8
/// character.
///
///   *      any characters but "/"          **     any characters, "/" too
///   ?      one character but "/"           [a-z]  one of these; [!a-z] or [^a-z] none of these
///   {a,b}  one of the alternatives         \x     x itself
///
/// A pattern without "/" is for the last part of a path; one with a leading "/" is anchored at the root;
/// another with
/// "/" inside matches at any directory ("in/*.csv" matches "/a/in/x.csv").
class Glob {
  public:
    /// Throws Error{invalid_argument} for an unclosed "[" or "{", or more than 1024 alternatives.
    explicit Glob(std::string_view pattern, bool ignore_case = false);

    bool matches(std::string_view path) const;
    const std::string& pattern() const noexcept { return pattern_; }

    /// Whether the text holds any pattern character, so that it stands for more than itself.
    static bool is_pattern(std::string_view text) noexcept;

  private:
    std::string pattern_;
    std::vector<std::string> alternatives_;  // without braces
    bool ignore_case_;
    bool whole_path_;
};

/// A regular expression given by a user (RE2: time linear in the text, so none can hang us). Copies share what
/// was compiled.
class Regex {
  public:
    /// Throws Error{invalid_argument} with what is wrong with it.
    explicit Regex(std::string_view expression, bool ignore_case = false);

    bool matches_whole(std::string_view text) const;
    bool found_in(std::string_view text) const;

  private:
    std::shared_ptr<const re2::RE2> expression_;
};

}  // namespace fairlead

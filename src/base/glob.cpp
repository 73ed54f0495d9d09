#include "base/glob.hpp"

#include <re2/re2.h>

#include <fmt/format.h>

#include "base/utf8.hpp"
#include "fairlead/error.hpp"

namespace fairlead {
namespace {

constexpr auto kNone = std::string_view::npos;

Error bad_pattern(std::string_view pattern, std::string_view problem) {
    return Error(ErrorCode::invalid_argument,
                 fmt::format("The pattern '{}' {}.", to_printable(pattern), problem));
}

char fold(char c, bool ignore_case) noexcept {
    return ignore_case && c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// Bytes of the UTF-8 character at `at`; 1 where the bytes are not UTF-8.
std::size_t character_length(std::string_view text, std::size_t at) noexcept {
    const auto lead = static_cast<unsigned char>(text[at]);
    const std::size_t length = lead < 0xC2 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 1;
    if (length > text.size() - at || !is_valid_utf8(text.substr(at, length))) return 1;
    return length;
}

/// The "]" that closes the class opened at `open`, or kNone. A "]" right behind "[" or "[!" is an ordinary
/// member.
std::size_t class_end(std::string_view pattern, std::size_t open) noexcept {
    auto at = open + 1;
    if (at < pattern.size() && (pattern[at] == '!' || pattern[at] == '^')) ++at;
    if (at < pattern.size() && pattern[at] == ']') ++at;
    for (; at < pattern.size(); ++at) {
        if (pattern[at] == '\\')
            ++at;
        else if (pattern[at] == ']')
            return at;
    }
    return kNone;
}

/// Whether the character is in "[...]", given without its brackets. Characters compare as UTF-8 bytes do,
/// which is the order of their code points.
bool in_class(std::string_view members, std::string_view character, bool ignore_case) {
    bool negated = false;
    if (!members.empty() && (members[0] == '!' || members[0] == '^')) {
        negated = true;
        members.remove_prefix(1);
    }
    const auto folded = [&](std::string_view text) {
        std::string result(text);
        for (char& c : result)
            c = fold(c, ignore_case);
        return result;
    };
    const auto wanted = folded(character);
    const auto next = [&](std::size_t& at) {
        if (members[at] == '\\' && at + 1 < members.size()) ++at;
        const auto length = character_length(members, at);
        at += length;
        return members.substr(at - length, length);
    };
    bool found = false;
    for (std::size_t at = 0; at < members.size();) {
        const auto low = next(at);
        auto high = low;
        if (at + 1 < members.size() && members[at] == '-') {
            ++at;
            high = next(at);
        }
        found = found || (folded(low) <= wanted && wanted <= folded(high)) ||
                (low <= character && character <= high);
    }
    return found != negated;
}

/// Matches one alternative. Of several stars only the last can be the one to give way (within a path part),
/// and of several double stars likewise, so two places to go back to are enough.
bool matches_one(std::string_view pattern, std::string_view text, bool ignore_case) {
    std::size_t p = 0, t = 0;
    std::size_t star_p = kNone, star_t = 0;  // "*": behind it, and the next text position to try
    std::size_t wide_p = kNone, wide_t = 0;  // "**" likewise
    bool wide_by_parts = false;              // "**/": only the beginnings of path parts are tried
    for (;;) {
        bool ok = false;
        if (p < pattern.size() && pattern[p] == '*') {
            if (p + 1 < pattern.size() && pattern[p + 1] == '*') {
                const bool at_part = p == 0 || pattern[p - 1] == '/';
                while (p < pattern.size() && pattern[p] == '*')
                    ++p;
                wide_by_parts = at_part && p < pattern.size() && pattern[p] == '/';
                if (wide_by_parts) ++p;
                wide_p = p, wide_t = t;
                star_p = kNone;
            } else {
                star_p = ++p, star_t = t;
            }
            continue;
        }
        if (p == pattern.size() && t == text.size()) return true;
        if (p < pattern.size() && t < text.size()) {
            const char c = pattern[p];
            if (c == '?') {
                if (text[t] != '/') t += character_length(text, t), ++p, ok = true;
            } else if (c == '[') {
                const auto end = class_end(pattern, p);
                const auto length = character_length(text, t);
                if (text[t] != '/' &&
                    in_class(pattern.substr(p + 1, end - p - 1), text.substr(t, length), ignore_case))
                    t += length, p = end + 1, ok = true;
            } else {
                const auto escaped = c == '\\' && p + 1 < pattern.size() ? 1U : 0U;
                if (fold(pattern[p + escaped], ignore_case) == fold(text[t], ignore_case))
                    p += 1 + escaped, ++t, ok = true;
            }
        }
        if (ok) continue;
        if (star_p != kNone && star_t < text.size() && text[star_t] != '/') {
            t = ++star_t;
            p = star_p;
        } else if (wide_p != kNone && wide_t < text.size()) {
            if (wide_by_parts) {
                const auto slash = text.find('/', wide_t);
                if (slash == kNone) return false;
                wide_t = slash + 1;
            } else {
                ++wide_t;
            }
            t = wide_t;
            p = wide_p;
            star_p = kNone;
        } else {
            return false;
        }
    }
}

/// The alternatives of the first outermost "{...}", each with what stands around it, expanded in turn.
void expand(const std::string& pattern, std::string_view whole, std::vector<std::string>& into) {
    constexpr std::size_t kMost = 1024;
    std::size_t open = kNone, depth = 0, from = 0;
    std::vector<std::string_view> choices;
    const std::string_view text = pattern;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char c = text[at];
        if (c == '\\') {
            ++at;
        } else if (c == '[') {
            at = class_end(text, at);
            if (at == kNone) throw bad_pattern(whole, "opens a '[' and does not close it");
        } else if (c == '{') {
            if (depth++ == 0) open = at, from = at + 1;
        } else if (c == ',' && depth == 1) {
            choices.push_back(text.substr(from, at - from));
            from = at + 1;
        } else if (c == '}' && depth > 0 && --depth == 0) {
            choices.push_back(text.substr(from, at - from));
            for (const auto choice : choices)
                expand(std::string(text.substr(0, open)).append(choice).append(text.substr(at + 1)), whole,
                       into);
            return;
        }
    }
    if (depth > 0) throw bad_pattern(whole, "opens a '{' and does not close it");
    if (into.size() >= kMost) throw bad_pattern(whole, "stands for more than 1024 patterns");
    into.push_back(pattern);
}

}  // namespace

Glob::Glob(std::string_view pattern, bool ignore_case)
    : pattern_(pattern), ignore_case_(ignore_case), whole_path_(pattern.find('/') != kNone) {
    std::string anchored(pattern);
    if (whole_path_) {
        if (anchored.front() == '/')
            anchored.erase(0, 1);
        else if (!anchored.starts_with("**"))
            anchored.insert(0, "**/");
    }
    expand(anchored, pattern, alternatives_);
}

bool Glob::matches(std::string_view path) const {
    if (whole_path_)
        path.remove_prefix(path.starts_with('/') ? 1 : 0);
    else if (const auto slash = path.rfind('/'); slash != kNone)
        path.remove_prefix(slash + 1);
    for (const auto& alternative : alternatives_)
        if (matches_one(alternative, path, ignore_case_)) return true;
    return false;
}

bool Glob::is_pattern(std::string_view text) noexcept {
    return text.find_first_of("*?[{") != kNone;
}

Regex::Regex(std::string_view expression, bool ignore_case) {
    RE2::Options options;
    options.set_log_errors(false);
    options.set_case_sensitive(!ignore_case);
    if (!is_valid_utf8(expression)) options.set_encoding(RE2::Options::EncodingLatin1);
    expression_ = std::make_unique<RE2>(re2::StringPiece(expression.data(), expression.size()), options);
    if (!expression_->ok())
        throw Error(ErrorCode::invalid_argument, fmt::format("The regular expression '{}' is not valid: {}.",
                                                             to_printable(expression), expression_->error()));
}


bool Regex::matches_whole(std::string_view text) const {
    return RE2::FullMatch(re2::StringPiece(text.data(), text.size()), *expression_);
}
bool Regex::found_in(std::string_view text) const {
    return RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *expression_);
}

}  // namespace fairlead

#pragma once

#include <algorithm>
#include <initializer_list>
#include <string>
#include <string_view>

/// Small helpers for reading words that servers write for people. ASCII only; other bytes stay as they are.
namespace fairlead::ftp::text {

inline bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}
inline char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
inline char upper(char c) noexcept {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

inline std::string lowered(std::string_view words) {
    std::string result(words);
    for (char& c : result)
        c = lower(c);
    return result;
}

inline std::string uppered(std::string_view words) {
    std::string result(words);
    for (char& c : result)
        c = upper(c);
    return result;
}

inline bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i)
        if (lower(a[i]) != lower(b[i])) return false;
    return true;
}

/// Whether `words` holds one of the phrases.
inline bool has_any(std::string_view words, std::initializer_list<std::string_view> phrases) noexcept {
    for (const auto phrase : phrases)
        if (words.find(phrase) != std::string_view::npos) return true;
    return false;
}

inline std::string_view trimmed(std::string_view words) noexcept {
    const auto first = words.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos) return {};
    return words.substr(first, words.find_last_not_of(" \t\r\n") - first + 1);
}

/// Takes the next word off the front; words are separated by any of `separators`.
inline std::string_view take_word(std::string_view& words, std::string_view separators = " \t") noexcept {
    const auto first = words.find_first_not_of(separators);
    if (first == std::string_view::npos) return words = {};
    const auto last = std::min(words.find_first_of(separators, first), words.size());
    const auto word = words.substr(first, last - first);
    words.remove_prefix(last);
    return word;
}

}  // namespace fairlead::ftp::text

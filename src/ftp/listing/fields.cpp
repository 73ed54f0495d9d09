#include "ftp/listing/fields.hpp"

#include <charconv>

namespace fairlead::ftp::fields {

using text::is_digit;

Words::Words(std::string_view line) noexcept : line_(line) {
    const auto blank = [](char c) { return c == ' ' || c == '\t'; };
    std::size_t at = 0;
    while (count_ < kMost) {
        while (at < line.size() && blank(line[at]))
            ++at;
        if (at == line.size()) break;
        begins_[count_] = at;
        while (at < line.size() && !blank(line[at]))
            ++at;
        ends_[count_++] = at;
    }
}

std::optional<std::uint64_t> number(std::string_view text) noexcept {
    std::uint64_t value = 0;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || fault != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::optional<std::uint64_t> grouped_number(std::string_view text) noexcept {
    if (const auto plain = number(text)) return plain;
    std::uint64_t value = 0;
    std::size_t group = 0;
    bool grouped = false;
    for (const char c : text) {
        if (is_digit(c)) {
            if (value > 900'000'000'000'000'000ULL) return std::nullopt;
            value = value * 10 + static_cast<std::uint64_t>(c - '0');
            ++group;
        } else if ((c == ',' || c == '.') && group >= 1 && group <= 3 && (!grouped || group == 3)) {
            grouped = true;
            group = 0;
        } else {
            return std::nullopt;
        }
    }
    return grouped && group == 3 ? std::optional(value) : std::nullopt;
}

std::optional<Clock> clock(std::string_view word) noexcept {
    Clock result;
    bool afternoon = false, twelve = false;
    if (word.size() > 2 && text::lower(word.back()) == 'm') {
        const char half = text::lower(word[word.size() - 2]);
        if (half != 'a' && half != 'p') return std::nullopt;
        twelve = true;
        afternoon = half == 'p';
        word.remove_suffix(2);
    }
    std::array<unsigned, 3> parts{};
    std::size_t part = 0, digits = 0;
    for (const char c : word) {
        if (is_digit(c) && digits < 2) {
            parts[part] = parts[part] * 10 + static_cast<unsigned>(c - '0');
            ++digits;
        } else if (c == ':' && digits > 0 && part < 2) {
            ++part;
            digits = 0;
        } else if (c == '.' && part == 2 && digits == 2) {
            break;  // fractions of a second
        } else {
            return std::nullopt;
        }
    }
    if (part == 0 || digits != 2) return std::nullopt;
    result = {parts[0], parts[1], parts[2], part == 2};
    if (twelve) {
        if (result.hour < 1 || result.hour > 12) return std::nullopt;
        result.hour = result.hour % 12 + (afternoon ? 12 : 0);
    }
    if (result.hour > 23 || result.minute > 59 || result.second > 60) return std::nullopt;
    return result;
}

std::optional<DateNumbers> date_numbers(std::string_view word) noexcept {
    DateNumbers result;
    std::size_t part = 0;
    char separator = 0;
    for (const char c : word) {
        if (is_digit(c) && result.digits[part] < 4) {
            result.value[part] = result.value[part] * 10 + static_cast<unsigned>(c - '0');
            ++result.digits[part];
        } else if ((c == '-' || c == '/' || c == '.') && (separator == 0 || c == separator) && part < 2 &&
                   result.digits[part] > 0) {
            separator = c;
            ++part;
        } else {
            return std::nullopt;
        }
    }
    if (part != 2 || result.digits[2] == 0) return std::nullopt;
    return result;
}

std::optional<NamedDate> named_date(std::string_view word) noexcept {
    const auto first = word.find('-');
    const auto second = first == std::string_view::npos ? first : word.find('-', first + 1);
    if (second == std::string_view::npos) return std::nullopt;
    const auto day = number(word.substr(0, first));
    const auto year_text = word.substr(second + 1);
    const auto year = number(year_text);
    const auto named = month(word.substr(first + 1, second - first - 1));
    if (!day || *day > 31 || !year || *year > 9999 || named == 0) return std::nullopt;
    const auto full = static_cast<int>(*year);
    return NamedDate{year_text.size() <= 2 ? ListTime::full_year(full) : full, named,
                     static_cast<unsigned>(*day)};
}

}  // namespace fairlead::ftp::fields

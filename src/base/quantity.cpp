#include "base/quantity.hpp"

#include <fmt/format.h>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

#include "base/utf8.hpp"
#include "fairlead/error.hpp"

namespace fairlead {
namespace {

using namespace std::chrono;

Error bad(std::string_view what, std::string_view text, std::string_view expected) {
    Error error(ErrorCode::invalid_argument,
                fmt::format("The {} '{}' is not understood: {}.", what, to_printable(text), expected));
    error.faults.push_back({std::string(what), std::string(text), std::string(expected)});
    return error;
}

bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

/// Takes a number, such as "12" or "1.5", off the front.
std::optional<long double> take_number(std::string_view& text) {
    std::size_t length = 0;
    bool point = false;
    while (length < text.size() && (is_digit(text[length]) || (text[length] == '.' && !point))) {
        point = point || text[length] == '.';
        ++length;
    }
    long double value = 0;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + length, value);
    if (length == 0 || fault != std::errc() || end != text.data() + length) return std::nullopt;
    text.remove_prefix(length);
    return value;
}

std::string take_letters(std::string_view& text) {
    while (text.starts_with(' '))
        text.remove_prefix(1);
    std::string letters;
    while (!text.empty() && ((text[0] | 0x20) >= 'a' && (text[0] | 0x20) <= 'z')) {
        letters += static_cast<char>(text[0] | 0x20);
        text.remove_prefix(1);
    }
    return letters;
}

/// `count` digits at the front as a number.
std::optional<unsigned> take_digits(std::string_view& text, std::size_t count) {
    if (text.size() < count) return std::nullopt;
    unsigned value = 0;
    for (std::size_t i = 0; i < count; ++i) {
        if (!is_digit(text[i])) return std::nullopt;
        value = value * 10 + static_cast<unsigned>(text[i] - '0');
    }
    text.remove_prefix(count);
    return value;
}

bool take(std::string_view& text, char c) {
    if (!text.starts_with(c)) return false;
    text.remove_prefix(1);
    return true;
}

std::optional<Time> read_rfc3339(std::string_view text) {
    const auto year_ = take_digits(text, 4);
    if (!year_ || !take(text, '-')) return std::nullopt;
    const auto month_ = take_digits(text, 2);
    if (!month_ || !take(text, '-')) return std::nullopt;
    const auto day_ = take_digits(text, 2);
    if (!day_) return std::nullopt;
    const year_month_day date{year(static_cast<int>(*year_)), month(*month_), day(*day_)};
    if (!date.ok()) return std::nullopt;
    Time time = sys_days(date);
    if (text.empty()) return time;

    if (!take(text, 'T') && !take(text, 't') && !take(text, ' ')) return std::nullopt;
    const auto hour = take_digits(text, 2);
    if (!hour || *hour > 23 || !take(text, ':')) return std::nullopt;
    const auto minute = take_digits(text, 2);
    if (!minute || *minute > 59) return std::nullopt;
    time += hours(*hour) + minutes(*minute);
    if (take(text, ':')) {
        const auto second = take_digits(text, 2);
        if (!second || *second > 60) return std::nullopt;
        time += seconds(*second);
        if (take(text, '.')) {
            if (text.empty() || !is_digit(text[0])) return std::nullopt;
            for (unsigned scale = 100; !text.empty() && is_digit(text[0]); scale /= 10, text.remove_prefix(1))
                time += milliseconds(static_cast<unsigned>(text[0] - '0') * scale);
        }
    }
    if (text.empty() || text == "Z" || text == "z") return time;
    const bool east = text[0] == '+';
    if (!east && text[0] != '-') return std::nullopt;
    text.remove_prefix(1);
    const auto off_hours = take_digits(text, 2);
    if (!off_hours || *off_hours > 23 || !take(text, ':')) return std::nullopt;
    const auto off_minutes = take_digits(text, 2);
    if (!off_minutes || *off_minutes > 59 || !text.empty()) return std::nullopt;
    const auto offset = hours(*off_hours) + minutes(*off_minutes);
    return east ? time - offset : time + offset;
}

}  // namespace

std::uint64_t parse_size(std::string_view text, std::string_view what) {
    constexpr std::string_view kExpected = "give bytes, such as 4096, 10K, 10M, 1.5GiB or 2GB";
    auto rest = text;
    const auto number = take_number(rest);
    if (!number) throw bad(what, text, kExpected);
    auto unit = take_letters(rest);
    if (!rest.empty()) throw bad(what, text, kExpected);
    long double factor = 1;
    if (!unit.empty() && unit != "b") {
        const auto power = std::string_view("kmgtp").find(unit[0]);
        const auto tail = unit.substr(1);
        if (power == std::string_view::npos || (!tail.empty() && tail != "b" && tail != "ib" && tail != "i"))
            throw bad(what, text, kExpected);
        factor = std::pow(tail == "b" ? 1000.0L : 1024.0L, static_cast<long double>(power + 1));
    }
    const auto bytes = *number * factor;
    if (bytes >= static_cast<long double>(std::numeric_limits<std::uint64_t>::max()))
        throw bad(what, text, "it is more than 2^64 bytes");
    return static_cast<std::uint64_t>(bytes);
}

std::chrono::milliseconds parse_duration(std::string_view text, std::string_view what) {
    constexpr std::string_view kExpected = "give a length of time, such as 90, 500ms, 2h, 3d or 1h30m";
    auto rest = text;
    long double total = 0;
    if (rest.empty()) throw bad(what, text, kExpected);
    const bool bare = text.find_first_not_of("0123456789.") == std::string_view::npos;
    while (!rest.empty()) {
        const auto number = take_number(rest);
        if (!number) throw bad(what, text, kExpected);
        const auto unit = take_letters(rest);
        long double factor = 0;
        if (unit == "ms") factor = 1;
        if ((unit.empty() && bare) || unit == "s" || unit == "sec") factor = 1000;
        if (unit == "m" || unit == "min") factor = 60'000;
        if (unit == "h") factor = 3'600'000;
        if (unit == "d") factor = 86'400'000;
        if (unit == "w") factor = 7 * 86'400'000.0L;
        if (unit == "y") factor = 365 * 86'400'000.0L;
        if (factor == 0) throw bad(what, text, kExpected);
        total += *number * factor;
    }
    if (total > 1e14L) throw bad(what, text, "it is too long");
    return milliseconds(static_cast<std::int64_t>(total));
}

Time parse_age(std::string_view text, Time now, std::string_view what) {
    if (const auto time = read_rfc3339(text)) return *time;
    const auto today = std::chrono::floor<std::chrono::days>(now);
    if (text == "today") return today;
    if (text == "yesterday") return today - std::chrono::days(1);
    return now - parse_duration(text, what);
}

Time parse_rfc3339(std::string_view text, std::string_view what) {
    if (const auto time = read_rfc3339(text)) return *time;
    throw bad(what, text, "give a date or time, such as 2026-03-01 or 2026-03-01T09:30:00Z");
}

std::string format_size(std::uint64_t bytes) {
    constexpr std::array<std::string_view, 7> kUnits{"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    if (bytes < 1024) return fmt::format("{} B", bytes);
    auto value = static_cast<double>(bytes);
    std::size_t unit = 0;
    while (value >= 1023.95 && unit + 1 < kUnits.size())
        value /= 1024, ++unit;
    auto text = fmt::format("{:.1f}", value);
    if (text.ends_with(".0")) text.resize(text.size() - 2);
    return fmt::format("{} {}", text, kUnits[unit]);
}

std::string format_duration(std::chrono::milliseconds duration) {
    const auto total = duration_cast<seconds>(duration).count();
    if (total < 60) return fmt::format("{}s", total);
    if (total < 3600) return fmt::format("{}m{:02}s", total / 60, total % 60);
    if (total < 86'400) return fmt::format("{}h{:02}m", total / 3600, total % 3600 / 60);
    return fmt::format("{}d{:02}h", total / 86'400, total % 86'400 / 3600);
}

}  // namespace fairlead

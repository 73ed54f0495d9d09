#include "ftp/time_value.hpp"

#include <fmt/format.h>

#include "ftp/text_match.hpp"

namespace fairlead::ftp {
namespace {

int number(std::string_view digits) {
    int value = 0;
    for (const char c : digits)
        value = value * 10 + (c - '0');
    return value;
}

}  // namespace

std::optional<TimeValue> parse_time_value(std::string_view text) {
    using namespace std::chrono;
    text = text::trimmed(text);
    std::size_t digits = 0;
    while (digits < text.size() && text::is_digit(text[digits]))
        ++digits;
    const auto fraction = text.substr(digits);

    int year = 0;
    std::string_view rest;
    if (digits == 15 &&
        text.starts_with("191")) {  // "19" and the years since 1900, written one after the other
        year = 1900 + number(text.substr(2, 3));
        rest = text.substr(5, 10);
    } else if (digits == 14 || digits == 12) {
        year = number(text.substr(0, 4));
        rest = text.substr(4, digits - 4);
    } else {
        return std::nullopt;
    }
    const year_month_day date{std::chrono::year{year}, month(number(rest.substr(0, 2))),
                              day(number(rest.substr(2, 2)))};
    const int hour = number(rest.substr(4, 2)), minute = number(rest.substr(6, 2));
    int second = rest.size() == 10 ? number(rest.substr(8, 2)) : 0;
    if (second == 60) second = 59;  // a leap second
    if (!date.ok() || year < 1900 || hour > 23 || minute > 59 || second > 59) return std::nullopt;

    TimeValue value;
    value.time = sys_days(date) + hours(hour) + minutes(minute) + seconds(second);
    value.precision = rest.size() == 10 ? TimePrecision::second : TimePrecision::minute;
    if (fraction.size() > 1 && fraction[0] == '.') {
        int scale = 100;
        for (const char c : fraction.substr(1)) {
            if (!text::is_digit(c)) return std::nullopt;
            value.time += milliseconds((c - '0') * scale);
            scale /= 10;
        }
        value.precision = TimePrecision::millisecond;
    } else if (!fraction.empty() && fraction != "Z" && fraction != ".") {
        return std::nullopt;
    }
    return value;
}

std::optional<TimeValue> parse_mdtm_text(std::string_view text) {
    while (!text.empty())
        if (auto value = parse_time_value(text::take_word(text))) return value;
    return std::nullopt;
}

std::string format_time_value(Time time) {
    using namespace std::chrono;
    const auto days = floor<std::chrono::days>(time);
    const year_month_day date{days};
    const hh_mm_ss clock{floor<seconds>(time) - days};
    return fmt::format("{:04}{:02}{:02}{:02}{:02}{:02}", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                       clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

}  // namespace fairlead::ftp

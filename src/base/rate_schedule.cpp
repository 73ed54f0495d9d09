#include "base/rate_schedule.hpp"

#include <date/tz.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <stdexcept>

#include "base/quantity.hpp"
#include "base/utf8.hpp"
#include "fairlead/error.hpp"

namespace fairlead {
namespace {

using namespace std::chrono;
using Rate = RateSchedule::Rate;

constexpr std::string_view kExpected =
    "give a rate such as 10M, or a timetable such as 08:00,512K 19:00,10M 23:00,off";

Error bad(std::string_view what, std::string_view part, std::string_view expected = kExpected) {
    Error error(ErrorCode::invalid_argument,
                fmt::format("The {} '{}' is not understood: {}.", what, to_printable(part), expected));
    error.faults.push_back({std::string(what), std::string(part), std::string(expected)});
    return error;
}

std::vector<std::string_view> words_of(std::string_view text) {
    std::vector<std::string_view> words;
    for (;;) {
        const auto begin = text.find_first_not_of(" \t;");
        if (begin == text.npos) return words;
        text.remove_prefix(begin);
        const auto word = text.substr(0, text.find_first_of(" \t;"));
        words.push_back(word);
        text.remove_prefix(word.size());
    }
}

bool same_word(std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b, [](char x, char y) { return (x | 0x20) == (y | 0x20); });
}

Rate read_rate(std::string_view word, std::string_view what) {
    if (same_word(word, "off")) return std::nullopt;
    const auto bytes = parse_size(word, what);
    if (bytes == 0) return std::nullopt;
    return bytes;
}

std::optional<unsigned> day_of_week(std::string_view word) {
    constexpr std::array<std::string_view, 7> kDays{"monday", "tuesday",  "wednesday", "thursday",
                                                    "friday", "saturday", "sunday"};
    for (unsigned day = 0; day < kDays.size(); ++day)
        if (same_word(word, kDays[day]) || same_word(word, kDays[day].substr(0, 3))) return day;
    return std::nullopt;
}

std::optional<minutes> time_of_day(std::string_view word) {
    const auto colon = word.find(':');
    if (colon == word.npos || colon == 0 || colon > 2 || word.size() != colon + 3) return std::nullopt;
    unsigned hour = 0, minute = 0;
    const char* const begin = word.data();
    const auto first = std::from_chars(begin, begin + colon, hour);
    const auto second = std::from_chars(begin + colon + 1, begin + word.size(), minute);
    if (first.ptr != begin + colon || second.ptr != begin + word.size() || hour > 23 || minute > 59)
        return std::nullopt;
    return hours(hour) + minutes(minute);
}

/// The zone that clocks on the wall show here.
const date::time_zone* local_zone() {
    try {
        if (const char* name = std::getenv("TZ"); name != nullptr && *name != '\0')
            return date::locate_zone(*name == ':' ? name + 1 : name);
        return date::current_zone();
    } catch (const std::runtime_error&) {
        return nullptr;  // a machine that has none set
    }
}

const date::time_zone* named_zone(std::string_view name, std::string_view what) {
    if (name == "UTC") return nullptr;
    try {
        return date::locate_zone(name);
    } catch (const std::runtime_error&) {
        throw bad(what, name, "it is neither TIME,RATE nor a time zone such as Europe/Berlin");
    }
}

}  // namespace

RateSchedule RateSchedule::parse(std::string_view text, std::string_view what) {
    RateSchedule schedule;
    auto words = words_of(text);
    if (words.empty()) throw bad(what, text);
    if (words.size() == 1 && words[0].find(',') == std::string_view::npos) {
        schedule.changes_.push_back({minutes(0), read_rate(words[0], what)});
        return schedule;
    }
    if (words.back().find(',') == std::string_view::npos) {
        schedule.zone_ = named_zone(words.back(), what);
        words.pop_back();
    } else {
        schedule.zone_ = local_zone();
    }
    for (const auto word : words) {
        const auto comma = word.find(',');
        if (comma == word.npos) throw bad(what, word);
        auto when = word.substr(0, comma);
        std::optional<unsigned> day;
        if (const auto dash = when.find('-'); dash != when.npos) {
            day = day_of_week(when.substr(0, dash));
            if (!day) throw bad(what, word, "the day must be one of Mon, Tue, Wed, Thu, Fri, Sat, Sun");
            when.remove_prefix(dash + 1);
        }
        const auto time = time_of_day(when);
        if (!time) throw bad(what, word, "the time must be HH:MM, such as 08:30");
        const auto rate = read_rate(word.substr(comma + 1), what);
        for (unsigned each = day.value_or(0); each <= day.value_or(6); ++each)
            schedule.changes_.push_back({days(each) + *time, rate});
    }
    std::ranges::stable_sort(schedule.changes_, {}, &Change::since_monday);
    return schedule;
}

Rate RateSchedule::at(Time now) const {
    if (changes_.empty()) return std::nullopt;
    if (changes_.size() == 1) return changes_.front().rate;
    auto local = floor<minutes>(now.time_since_epoch());
    if (zone_ != nullptr) local = floor<minutes>(zone_->to_local(floor<seconds>(now)).time_since_epoch());
    // 1970 began on a Thursday.
    const auto since_monday = (local + days(3)) % minutes(days(7));
    const auto later = std::ranges::upper_bound(changes_, since_monday, {}, &Change::since_monday);
    // Before the week's first change, last week's last one still holds.
    return later == changes_.begin() ? changes_.back().rate : std::prev(later)->rate;
}

}  // namespace fairlead

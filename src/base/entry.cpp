#include "fairlead/entry.hpp"

#include <fmt/format.h>

namespace fairlead {

std::string to_rfc3339(Time time) {
    const auto days = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day day{days};
    const std::chrono::hh_mm_ss clock{time - days};
    auto text = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(day.year()),
                            static_cast<unsigned>(day.month()), static_cast<unsigned>(day.day()),
                            clock.hours().count(), clock.minutes().count(), clock.seconds().count());
    if (const auto ms = clock.subseconds().count(); ms != 0) text += fmt::format(".{:03}", ms);
    return text + "Z";
}

std::string_view to_string(EntryType type) noexcept {
    switch (type) {
        case EntryType::file:
            return "file";
        case EntryType::directory:
            return "directory";
        case EntryType::symlink:
            return "symlink";
        case EntryType::other:
            return "other";
    }
    return "other";
}

std::string_view to_string(TimePrecision precision) noexcept {
    switch (precision) {
        case TimePrecision::millisecond:
            return "millisecond";
        case TimePrecision::second:
            return "second";
        case TimePrecision::minute:
            return "minute";
        case TimePrecision::day:
            return "day";
    }
    return "day";
}

}  // namespace fairlead

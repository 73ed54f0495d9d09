#include "ftp/list_time.hpp"

#include <date/tz.h>

#include <fmt/format.h>

#include "base/zone_offset.hpp"
#include "fairlead/error.hpp"
#include "ftp/text_match.hpp"

namespace fairlead::ftp {

using namespace std::chrono;

namespace {
// Two zones can lie 26 hours apart, and clocks go wrong: less than that ahead is "just now", not "a year
// ago".
constexpr auto kAhead = hours(48);
}  // namespace

ListTime::ListTime(std::string_view zone, Time now) : now_(now) {
    latest_year_ = static_cast<int>(year_month_day(floor<days>(now + kAhead + days(1))).year());
    if (zone.empty() || text::equal_ignoring_case(zone, "UTC") || text::equal_ignoring_case(zone, "GMT"))
        return;
    if (const auto fixed = parse_zone_offset(zone)) {
        offset_ = *fixed;
        return;
    }
    try {
        zone_ = date::locate_zone(zone);
    } catch (const std::runtime_error&) {
        throw Error(ErrorCode::invalid_argument,
                    fmt::format("There is no time zone '{}'; give an IANA name such as Europe/Berlin, or an "
                                "offset such as +02:00.",
                                zone));
    }
}

Time ListTime::to_utc(sys_seconds local) {
    if (zone_ == nullptr) return local - offset_;
    if (const auto utc = local - offset_; utc >= offset_from_ && utc < offset_until_) return utc;
    const auto info = zone_->get_info(date::local_seconds(local.time_since_epoch()));
    if (info.result == date::local_info::nonexistent) return sys_seconds(info.first.end.time_since_epoch());
    // Near its ends an offset's span may be ambiguous, so it is remembered without its first and last day.
    offset_ = info.first.offset;
    offset_from_ = sys_seconds(info.first.begin.time_since_epoch()) + days(1);
    offset_until_ = sys_seconds(info.first.end.time_since_epoch()) - days(1);
    return local - offset_;
}

std::optional<Time> ListTime::at(int year, unsigned month, unsigned day, unsigned hour, unsigned minute,
                                 unsigned second) {
    const year_month_day date{std::chrono::year(year), std::chrono::month(month), std::chrono::day(day)};
    if (second == 60) second = 59;  // a leap second
    if (!date.ok() || year < 1900 || year > 9999 || hour > 23 || minute > 59 || second > 59)
        return std::nullopt;
    return to_utc(sys_days(date) + hours(hour) + minutes(minute) + seconds(second));
}

std::optional<Time> ListTime::recent(unsigned month, unsigned day, unsigned hour, unsigned minute,
                                     unsigned second) {
    for (int year = latest_year_; year >= latest_year_ - 8; --year) {  // leap years can be eight years apart
        const auto time = at(year, month, day, hour, minute, second);
        if (time && *time <= now_ + kAhead) return time;
    }
    return std::nullopt;
}

}  // namespace fairlead::ftp

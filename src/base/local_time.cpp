#include "base/local_time.hpp"

#include <date/tz.h>

#include <fmt/format.h>

#include "base/zone_offset.hpp"
#include "fairlead/error.hpp"

namespace fairlead {
namespace {

using namespace std::chrono;

const date::time_zone* zone_of(std::string_view name) {
    if (name.empty() || name == "UTC" || name == "auto") return nullptr;
    try {
        return date::locate_zone(std::string(name));
    } catch (const std::runtime_error&) {
        throw Error(ErrorCode::invalid_argument,
                    fmt::format("There is no time zone '{}'; give an IANA name such as Europe/Berlin.", name));
    }
}

std::optional<int> digits(std::string_view text, std::size_t from, std::size_t count) {
    int value = 0;
    for (const char c : text.substr(from, count)) {
        if (c < '0' || c > '9') return std::nullopt;
        value = value * 10 + (c - '0');
    }
    return value;
}

}  // namespace

std::string to_local_text(Time time, std::string_view zone) {
    auto shown = time;
    if (const auto fixed = parse_zone_offset(zone))
        shown += *fixed;
    else if (const auto* known = zone_of(zone))
        shown += known->get_info(floor<seconds>(time)).offset;
    const auto day = floor<days>(shown);
    const year_month_day date{day};
    const hh_mm_ss clock{shown - day};
    return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}.{:03}", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                       clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                       clock.subseconds().count());
}

std::optional<Time> from_local_text(std::string_view text, std::string_view zone) {
    constexpr std::string_view kForm = "0000-00-00 00:00:00.000";
    if (text.size() != kForm.size()) return std::nullopt;
    for (std::size_t i = 0; i < kForm.size(); ++i)
        if (kForm[i] != '0' && text[i] != kForm[i]) return std::nullopt;
    const auto y = digits(text, 0, 4), mo = digits(text, 5, 2), d = digits(text, 8, 2);
    const auto h = digits(text, 11, 2), mi = digits(text, 14, 2), s = digits(text, 17, 2);
    const auto ms = digits(text, 20, 3);
    if (!y || !mo || !d || !h || !mi || !s || !ms) return std::nullopt;
    const year_month_day date{year(*y), month(static_cast<unsigned>(*mo)), day(static_cast<unsigned>(*d))};
    if (!date.ok() || *h > 23 || *mi > 59 || *s > 59) return std::nullopt;
    const auto local = sys_days(date) + hours(*h) + minutes(*mi) + seconds(*s);
    const auto rest = milliseconds(*ms);
    if (const auto fixed = parse_zone_offset(zone)) return Time(local - *fixed + rest);
    const auto* known = zone_of(zone);
    if (known == nullptr) return Time(local + rest);
    const auto info = known->get_info(date::local_seconds(local.time_since_epoch()));
    if (info.result == date::local_info::nonexistent)
        return Time(sys_seconds(info.first.end.time_since_epoch()));
    return Time(local - info.first.offset + rest);
}

}  // namespace fairlead

#include "catalog/schedule.hpp"

#include <date/tz.h>
#include <fmt/format.h>

#include <array>
#include <charconv>

#include "catalog/cron.hpp"

namespace fairlead::catalog {
namespace {

using namespace std::chrono;

constexpr std::array<std::string_view, 7> kWeekDays{"sunday",   "monday", "tuesday", "wednesday",
                                                    "thursday", "friday", "saturday"};
constexpr unsigned kMostExceptions = 5000;  // moments in a row on days on which nothing runs
constexpr std::size_t kMostMissed = 1000;   // runs for what was missed; what is older is passed over

const date::time_zone* zone_of(const std::string& name) {
    return name.empty() || name == "UTC" ? nullptr : date::locate_zone(name);
}

local_seconds local_of(sys_seconds time, const date::time_zone* zone) {
    const auto offset = zone == nullptr ? seconds(0) : zone->get_info(time).offset;
    return local_seconds((time + offset).time_since_epoch());
}

/// The moment at which the clock shows this; right after a time that it skips, the first of one that it shows twice.
sys_seconds moment_of(local_seconds local, const date::time_zone* zone) {
    const auto plain = sys_seconds(local.time_since_epoch());
    if (zone == nullptr) return plain;
    const auto info = zone->get_info(date::local_seconds(local.time_since_epoch()));
    if (info.result == date::local_info::nonexistent) return info.first.end;
    return plain - info.first.offset;
}

std::optional<int> digits(std::string_view text) {
    int value = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (problem != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::optional<year_month_day> date_in(std::string_view text) {
    if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
    const auto y = digits(text.substr(0, 4)), m = digits(text.substr(5, 2)), d = digits(text.substr(8, 2));
    if (!y || !m || !d) return std::nullopt;
    const year_month_day date{year(*y), month(static_cast<unsigned>(*m)), day(static_cast<unsigned>(*d))};
    return date.ok() ? std::optional(date) : std::nullopt;
}
std::optional<month_day> day_in(std::string_view text) {
    if (text.size() != 5 || text[2] != '-') return std::nullopt;
    const auto m = digits(text.substr(0, 2)), d = digits(text.substr(3, 2));
    if (!m || !d) return std::nullopt;
    const month_day date{month(static_cast<unsigned>(*m)), day(static_cast<unsigned>(*d))};
    return date.ok() ? std::optional(date) : std::nullopt;
}
std::optional<unsigned> week_day_in(std::string_view text) {
    for (unsigned i = 0; i < kWeekDays.size(); ++i)
        if (text == kWeekDays[i] || text == kWeekDays[i].substr(0, 3)) return i;
    return std::nullopt;
}

std::string lower(std::string_view text) {
    std::string result(text);
    for (auto& c : result)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    return result;
}

bool is_excepted(const std::string& exception, year_month_day date) {
    const auto text = lower(exception);
    if (const auto slash = text.find('/'); slash != std::string::npos) {
        const auto first = date_in(std::string_view(text).substr(0, slash));
        const auto last = date_in(std::string_view(text).substr(slash + 1));
        return first && last && date >= *first && date <= *last;
    }
    if (const auto day = date_in(text)) return date == *day;
    if (const auto day = day_in(text)) return month_day(date.month(), date.day()) == *day;
    if (const auto day = week_day_in(text)) return weekday(local_days(date)).c_encoding() == *day;
    return false;
}

bool is_excepted(const Schedule& schedule, Time moment, const date::time_zone* zone) {
    if (schedule.except.empty()) return false;
    const year_month_day date(floor<days>(local_of(floor<seconds>(moment), zone)));
    for (const auto& exception : schedule.except)
        if (is_excepted(exception, date)) return true;
    return false;
}

/// The next of those that follow each other evenly.
Time next_even(const Schedule& schedule, const date::time_zone* zone, Time after) {
    const auto day = duration_cast<milliseconds>(days(1));
    const bool by_days = schedule.every % day == milliseconds(0);
    const auto unit = schedule.every;
    if (!by_days) {
        const auto anchor = schedule.start.value_or(Time{});
        if (after < anchor) return anchor;
        return anchor + ((after - anchor) / unit + 1) * unit;
    }
    // Weeks without a start begin on a Monday.
    const auto anchor = schedule.start ? local_of(floor<seconds>(*schedule.start), zone)
                                       : local_seconds(local_days(year(1970) / January / 5));
    const auto step = duration_cast<seconds>(unit);
    const auto here = local_of(floor<seconds>(after), zone);
    auto count = here < anchor ? 0 : (here - anchor) / step;
    for (;; ++count) {
        const Time moment = moment_of(anchor + count * step, zone);
        if (moment > after) return moment;
    }
}

std::optional<Time> candidate(const Schedule& schedule, const std::optional<Cron>& cron, const std::string& zone_name,
                              Time after) {
    if (cron) return cron->next(after, zone_name);
    if (schedule.every > milliseconds(0)) return next_even(schedule, zone_of(zone_name), after);
    if (schedule.start && *schedule.start > after) return *schedule.start;
    return std::nullopt;
}

}  // namespace

std::string problem_of_exception(std::string_view given) {
    const auto text = lower(given);
    constexpr std::string_view kShape = "must be a day such as 2026-12-25, 12-25, saturday or 2026-12-24/2027-01-01";
    if (const auto slash = text.find('/'); slash != std::string::npos) {
        const auto first = date_in(std::string_view(text).substr(0, slash));
        const auto last = date_in(std::string_view(text).substr(slash + 1));
        if (!first || !last) return std::string(kShape);
        return *last < *first ? "ends before it begins" : "";
    }
    return date_in(text) || day_in(text) || week_day_in(text) ? "" : std::string(kShape);
}

std::vector<Fault> validate(const Schedule& schedule, const std::string& zone, const std::string& prefix) {
    std::vector<Fault> faults;
    const auto fault = [&](std::string_view field, std::string value, std::string problem) {
        faults.push_back({prefix + std::string(field), std::move(value), std::move(problem)});
    };
    const bool even = schedule.every > milliseconds(0);
    if (!schedule.cron.empty() && even) fault("every", "", "not together with cron");
    if (schedule.cron.empty() && !even && !schedule.start)
        fault("cron", "", "is missing: say when, by cron, every, or start for a single time");
    if (even && schedule.every < seconds(1)) fault("every", "", "must be at least one second");
    if (schedule.start && schedule.end && *schedule.end <= *schedule.start)
        fault("end", to_rfc3339(*schedule.end), "is not after start");
    for (const auto& exception : schedule.except)
        if (auto problem = problem_of_exception(exception); !problem.empty()) fault("except", exception, std::move(problem));
    if (schedule.cron.empty() || !faults.empty()) return faults;
    try {
        const Cron cron(schedule.cron);
        if (!cron.next(schedule.start.value_or(Time(milliseconds(0))), zone)) fault("cron", schedule.cron, "never comes");
    } catch (const Error& error) {
        fault("cron", schedule.cron, "cannot be used: " + error.message);
    } catch (const std::runtime_error&) {
        // The zone is told of elsewhere.
    }
    return faults;
}

std::optional<Time> next_moment(const Schedule& schedule, const std::string& zone_name, Time after) {
    const auto* zone = zone_of(zone_name);
    const auto cron = schedule.cron.empty() ? std::optional<Cron>() : std::optional<Cron>(schedule.cron);
    if (schedule.start && after < *schedule.start) after = *schedule.start - milliseconds(1);
    for (unsigned tries = 0; tries < kMostExceptions; ++tries) {
        const auto moment = candidate(schedule, cron, zone_name, after);
        if (!moment || (schedule.end && *moment >= *schedule.end)) return std::nullopt;
        if (!is_excepted(schedule, *moment, zone)) return moment;
        after = *moment;
        if (cron || schedule.every >= hours(1)) continue;
        // On to the next day at once: there may be many moments in this one.
        const auto day = floor<days>(local_of(floor<seconds>(after), zone)) + days(1);
        after = moment_of(local_seconds(day), zone) - milliseconds(1);
    }
    return std::nullopt;
}

Due decide_due(const Schedule& schedule, const std::string& zone, Time since, Time now, milliseconds late) {
    Due due;
    std::vector<Time> missed;
    for (auto at = since;;) {
        const auto moment = next_moment(schedule, zone, at);
        if (!moment || *moment > now) {
            due.next = moment;
            break;
        }
        at = *moment;
        if (now - at <= late) {
            due.run.push_back(at);
            continue;
        }
        missed.push_back(at);
        if (missed.size() <= kMostMissed) continue;
        // Nobody wants to hear of each second of a week: those before are passed over together.
        due.passed.assign(1, missed.front());
        missed.erase(missed.begin());
        if (schedule.missed != "all") at = std::max(at, now - late - milliseconds(1));
    }
    if (missed.empty()) return due;
    const bool once = schedule.missed == "once" && due.run.empty();
    if (schedule.missed == "all") {
        due.run.insert(due.run.begin(), missed.begin(), missed.end());
    } else {
        if (once) {
            due.run.push_back(missed.back());
            missed.pop_back();
        }
        due.passed.insert(due.passed.end(), missed.begin(), missed.end());
    }
    return due;
}

}  // namespace fairlead::catalog

#include "catalog/cron.hpp"

#include <date/tz.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <span>

#include "fairlead/error.hpp"

namespace fairlead::catalog {
namespace {

using namespace std::chrono;

constexpr int kFirstYear = 1970, kLastYear = 2169;
constexpr std::array<std::string_view, 12> kMonths{"JAN", "FEB", "MAR", "APR", "MAY", "JUN",
                                                   "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};
constexpr std::array<std::string_view, 7> kDays{"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"};

[[noreturn]] void refuse(std::string_view field, std::string_view text, std::string_view problem) {
    throw Error(ErrorCode::invalid_argument, fmt::format("its {} '{}' {}", field, text, problem));
}

std::string upper(std::string_view text) {
    std::string result(text);
    for (auto& c : result)
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
    return result;
}

std::vector<std::string_view> split(std::string_view text, char sign) {
    std::vector<std::string_view> parts;
    for (;;) {
        const auto at = text.find(sign);
        parts.push_back(text.substr(0, at));
        if (at == std::string_view::npos) return parts;
        text.remove_prefix(at + 1);
    }
}

/// One field: what its numbers and names mean.
struct Field {
    std::string_view name;
    int low, high;
    std::span<const std::string_view> names = {};
    int first_name = 0;

    int number(std::string_view text) const {
        for (std::size_t i = 0; i < names.size(); ++i)
            if (text == names[i]) return first_name + static_cast<int>(i);
        int value = 0;
        const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (problem != std::errc() || end != text.data() + text.size() || text.empty())
            refuse(name, text, names.empty() ? "is no number" : "is neither a number nor a name such as MON or JAN");
        if (value < low || value > high) refuse(name, text, fmt::format("is not from {} to {}", low, high));
        return value;
    }

    /// "*", "5", "1-5", "*/15", "10/5", "1-30/2"; calls `add` for each number.
    template <class Add>
    void range(std::string_view part, Add add) const {
        const auto slash = part.find('/');
        auto span = part.substr(0, slash);
        int step = 1;
        if (slash != std::string_view::npos) {
            const auto text = part.substr(slash + 1);
            const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), step);
            if (problem != std::errc() || end != text.data() + text.size() || step < 1)
                refuse(name, part, "has a step that is no number from 1 on");
        }
        int from = low, to = high;
        const auto dash = span.find('-');
        if (span != "*" && dash != std::string_view::npos) {
            from = number(span.substr(0, dash));
            to = number(span.substr(dash + 1));
        } else if (span != "*") {
            from = number(span);
            if (slash == std::string_view::npos) to = from;
        }
        if (from > to) {  // "FRI-MON", "22-2": over the end
            for (int i = from; i <= high; i += step)
                add(i);
            for (int i = low + (step - (high - from + 1) % step) % step; i <= to; i += step)
                add(i);
            return;
        }
        for (int i = from; i <= to; i += step)
            add(i);
    }
    template <class Add>
    void list(std::string_view text, Add add) const {
        for (const auto part : split(text, ','))
            range(part, add);
    }
};

std::vector<std::string> words_of(std::string_view expression) {
    std::vector<std::string> words;
    for (const auto word : split(expression, ' '))
        if (!word.empty()) words.push_back(upper(word));
    return words;
}

constexpr std::pair<std::string_view, std::string_view> kShort[]{
    {"@HOURLY", "0 * * * *"},   {"@DAILY", "0 0 * * *"},    {"@MIDNIGHT", "0 0 * * *"}, {"@WEEKLY", "0 0 * * 0"},
    {"@MONTHLY", "0 0 1 * *"},  {"@YEARLY", "0 0 1 1 *"},   {"@ANNUALLY", "0 0 1 1 *"}};

int week_day_of(year_month_day date) {
    return static_cast<int>(weekday(local_days(date)).c_encoding());
}
int last_day_of(year_month_day date) {
    return static_cast<int>(static_cast<unsigned>((date.year() / date.month() / last).day()));
}

/// A time during which the clock of a zone does not change.
struct Offset {
    sys_seconds begin, end;
    seconds offset{0};
};
Offset offset_at(sys_seconds at, const date::time_zone* zone) {
    if (zone == nullptr) return {sys_seconds::min(), sys_seconds::max(), seconds(0)};
    const auto info = zone->get_info(at);
    return {info.begin, info.end, info.offset};
}

}  // namespace

Cron::Cron(std::string_view expression) {
    auto words = words_of(expression);
    if (words.size() == 1)
        for (const auto& [word, meaning] : kShort)
            if (words.front() == word) {
                words = words_of(meaning);
                break;
            }
    if (words.size() < 5 || words.size() > 7)
        throw Error(ErrorCode::invalid_argument,
                    fmt::format("it has {} fields; give minute hour day month weekday, with the second before them and the "
                                "year after them where you want",
                                words.size()));
    const bool quartz = words.size() > 5;
    if (!quartz) words.insert(words.begin(), "0");
    if (words.size() == 6) words.push_back("*");
    Field{"second", 0, 59}.list(words[0], [&](int i) { seconds_.set(static_cast<std::size_t>(i)); });
    Field{"minute", 0, 59}.list(words[1], [&](int i) { minutes_.set(static_cast<std::size_t>(i)); });
    Field{"hour", 0, 23}.list(words[2], [&](int i) { hours_.set(static_cast<std::size_t>(i)); });
    Field{"month", 1, 12, kMonths, 1}.list(words[4], [&](int i) { months_.set(static_cast<std::size_t>(i)); });
    Field{"year", kFirstYear, kLastYear}.list(
        words[6], [&](int i) { years_.set(static_cast<std::size_t>(i - kFirstYear)); });
    every_hour_ = hours_.all();
    read_days(words[3], quartz);
    read_week_days(words[5], quartz);
}

void Cron::read_days(std::string_view text, bool quartz) {
    any_day_ = text.starts_with('*') || text == "?";
    const Field field{"day of the month", 1, 31};
    for (const auto part : split(text == "?" ? "*" : text, ',')) {
        if (quartz && part == "L") {
            special_days_.push_back({.last = true});
        } else if (quartz && part == "LW") {
            special_days_.push_back({.last = true, .weekday = true});
        } else if (quartz && part.starts_with("L-")) {
            special_days_.push_back({.last = true, .before_last = field.number(part.substr(2))});
        } else if (quartz && part.size() > 1 && part.ends_with('W')) {
            special_days_.push_back({.day = field.number(part.substr(0, part.size() - 1)), .weekday = true});
        } else {
            field.range(part, [&](int i) { days_.set(static_cast<std::size_t>(i)); });
        }
    }
}

void Cron::read_week_days(std::string_view text, bool quartz) {
    any_week_day_ = text.starts_with('*') || text == "?";
    const Field field{"day of the week", quartz ? 1 : 0, 7, kDays, quartz ? 1 : 0};
    const auto day = [&](int number) { return (quartz ? number - 1 : number) % 7; };
    for (const auto part : split(text == "?" ? "*" : text, ',')) {
        const auto sharp = part.find('#');
        if (quartz && part == "L") {
            week_days_.set(6);  // the last day of Quartz's week
        } else if (quartz && sharp != std::string_view::npos) {
            const int nth = Field{"day of the week", 1, 5}.number(part.substr(sharp + 1));
            special_week_days_.push_back({.day = day(field.number(part.substr(0, sharp))), .nth = nth});
        } else if (quartz && part.size() > 1 && part.ends_with('L')) {
            special_week_days_.push_back({.day = day(field.number(part.substr(0, part.size() - 1))), .last = true});
        } else {
            field.range(part, [&](int i) { week_days_.set(static_cast<std::size_t>(day(i))); });
        }
    }
}

bool Cron::is_special_day(const Day& special, year_month_day date) {
    const auto today = static_cast<int>(static_cast<unsigned>(date.day()));
    const auto length = last_day_of(date);
    if (!special.weekday) return today == length - special.before_last;
    int wanted = special.last ? length : special.day;
    if (wanted > length) return false;
    const int on = week_day_of(date.year() / date.month() / day(static_cast<unsigned>(wanted)));
    if (on == 6) wanted += wanted > 1 ? -1 : 2;
    if (on == 0) wanted += wanted < length ? 1 : -2;
    return today == wanted;
}

bool Cron::is_special_week_day(const Day& special, year_month_day date) {
    const auto today = static_cast<int>(static_cast<unsigned>(date.day()));
    if (week_day_of(date) != special.day) return false;
    return special.last ? today + 7 > last_day_of(date) : (today - 1) / 7 + 1 == special.nth;
}

bool Cron::has_day(year_month_day date) const {
    const auto by_month = [&] {
        return days_.test(static_cast<unsigned>(date.day())) ||
               std::ranges::any_of(special_days_, [&](const Day& special) { return is_special_day(special, date); });
    };
    const auto by_week = [&] {
        return week_days_.test(static_cast<std::size_t>(week_day_of(date))) ||
               std::ranges::any_of(special_week_days_,
                                   [&](const Day& special) { return is_special_week_day(special, date); });
    };
    if (any_day_ || any_week_day_) return by_month() && by_week();
    return by_month() || by_week();
}

std::optional<Cron::Local> Cron::next_local(Local from) const {
    auto date = year_month_day(floor<days>(from));
    auto rest = from - floor<days>(from);
    while (static_cast<int>(date.year()) <= kLastYear) {
        const auto year_number = static_cast<int>(date.year());
        if (year_number < kFirstYear || !years_.test(static_cast<std::size_t>(year_number - kFirstYear))) {
            date = (date.year() + years(1)) / January / 1;
            rest = seconds(0);
            continue;
        }
        if (!months_.test(static_cast<unsigned>(date.month()))) {
            date = (date.year() / date.month() + months(1)) / 1;
            rest = seconds(0);
            continue;
        }
        if (has_day(date)) {
            const hh_mm_ss clock{rest};
            for (auto h = static_cast<std::size_t>(clock.hours().count()); h < 24; ++h) {
                if (!hours_.test(h)) continue;
                const bool this_hour = h == static_cast<std::size_t>(clock.hours().count());
                for (auto m = this_hour ? static_cast<std::size_t>(clock.minutes().count()) : 0; m < 60; ++m) {
                    if (!minutes_.test(m)) continue;
                    const bool this_minute = this_hour && m == static_cast<std::size_t>(clock.minutes().count());
                    for (auto s = this_minute ? static_cast<std::size_t>(clock.seconds().count()) : 0; s < 60; ++s)
                        if (seconds_.test(s)) return Local(local_days(date)) + hours(h) + minutes(m) + seconds(s);
                }
            }
        }
        date = year_month_day(local_days(date) + days(1));
        rest = seconds(0);
    }
    return std::nullopt;
}

std::optional<Time> Cron::next(Time after, const std::string& zone_name) const {
    const date::time_zone* zone = zone_name == "UTC" || zone_name.empty() ? nullptr : date::locate_zone(zone_name);
    auto at = floor<seconds>(after) + seconds(1);
    for (;;) {
        const auto now = offset_at(at, zone);
        const auto local_from = Local((at + now.offset).time_since_epoch());
        auto found = next_local(local_from);
        if (zone != nullptr && !every_hour_ && now.begin > sys_seconds(seconds(0))) {
            // What the clock passed for the first time before it was put back does not come again.
            const auto before = offset_at(now.begin - seconds(1), zone);
            const auto repeated_until = Local((now.begin + before.offset).time_since_epoch());
            if (found && *found < repeated_until) found = next_local(std::max(local_from, repeated_until));
        }
        if (!found) return std::nullopt;
        const auto moment = sys_seconds(found->time_since_epoch()) - now.offset;
        if (zone == nullptr || moment < now.end) return moment;
        // Beyond the next change of the clock: what it skips is taken right after it.
        const auto next = offset_at(now.end, zone);
        const auto skipped_from = Local((now.end + now.offset).time_since_epoch());
        const auto skipped_until = Local((now.end + next.offset).time_since_epoch());
        if (!every_hour_ && skipped_from < skipped_until && *found >= skipped_from && *found < skipped_until)
            return now.end;
        at = now.end;
    }
}

}  // namespace fairlead::catalog

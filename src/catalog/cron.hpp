#pragma once

#include <array>
#include <bitset>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fairlead/entry.hpp"

namespace fairlead::catalog {

/// A cron expression, as Unix has it (five fields: minute, hour, day of month, month, day of week, 0 or 7 is Sunday)
/// or as Quartz does (six or seven: second before them, year after them, 1 is Sunday); names (MON, JAN), lists,
/// ranges, steps; `?`; in Quartz's form L, L-3, 15W, LW, 6L and 6#3 too; @hourly, @daily, @weekly, @monthly, @yearly.
///
/// Where both days are restricted either of them suffices, as cron has always done. The times are those of a clock on
/// the wall: one that a change of the clock skips is taken right after it, one that comes twice is taken the first
/// time; but an expression that takes every hour goes on by the hour, whatever the clock does.
class Cron {
  public:
    /// Throws Error{invalid_argument} saying which field is wrong and why.
    explicit Cron(std::string_view expression);

    /// The first moment after `after`; nothing when there is none any more. `zone`: an IANA name.
    std::optional<Time> next(Time after, const std::string& zone) const;

  private:
    struct Day {
        int day = 0;          ///< of the month; of the week for `nth` and `last`, 0 is Sunday
        int nth = 0;          ///< the n-th such day of the week in its month
        bool last = false;    ///< the last such day of the week, or with day 0 of the month
        int before_last = 0;  ///< so many days before the month's last
        bool weekday = false; ///< the working day that is nearest
    };
    using Local = std::chrono::local_seconds;

    void read_days(std::string_view text, bool quartz);
    void read_week_days(std::string_view text, bool quartz);
    bool has_day(std::chrono::year_month_day date) const;
    static bool is_special_day(const Day& special, std::chrono::year_month_day date);
    static bool is_special_week_day(const Day& special, std::chrono::year_month_day date);
    std::optional<Local> next_local(Local from) const;

    std::bitset<60> seconds_, minutes_;
    std::bitset<24> hours_;
    std::bitset<32> days_;
    std::bitset<13> months_;
    std::bitset<7> week_days_;
    std::bitset<200> years_;  ///< from 1970
    std::vector<Day> special_days_, special_week_days_;
    bool any_day_ = false, any_week_day_ = false, every_hour_ = false;
};

}  // namespace fairlead::catalog

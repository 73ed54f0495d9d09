#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fairlead/entry.hpp"
#include "fairlead/error.hpp"

namespace fairlead::catalog {

/// When something runs by itself. Neither `cron` nor `every`: once, at `start`.
struct Schedule {
    std::string cron;                     ///< see Cron; empty: none
    std::chrono::milliseconds every{0};   ///< from `start` on; 0: not so
    std::optional<Time> start, end;       ///< not before, and not from then on
    std::vector<std::string> except;      ///< days on which nothing runs: see is_excepted
    std::string missed = "once";          ///< skip, once, all
    std::string overlap = "skip";         ///< skip, queue, replace
};

/// What is wrong with one exception, as the end of a sentence, or an empty text. A day is "2026-12-25", "12-25" (each
/// year), "2026-12-24/2027-01-01" (both included), or "saturday".
std::string problem_of_exception(std::string_view text);

/// Everything that is wrong; `prefix` is put before each field's name.
std::vector<Fault> validate(const Schedule& schedule, const std::string& zone, const std::string& prefix);

/// The first moment after `after`; nothing when there is none any more. Times of the wall, days and weeks are those of
/// the zone: "every 1d" from 06:00 on is at 06:00 whatever the clock does.
std::optional<Time> next_moment(const Schedule& schedule, const std::string& zone, Time after);

/// What is due.
struct Due {
    std::vector<Time> run;     ///< moments for which something is to be run
    std::vector<Time> passed;  ///< moments that were missed, and are passed over
    std::optional<Time> next;  ///< the one after now
};
/// Decides. `since`: the last moment that was dealt with, or when the schedule was made or changed. A moment counts as
/// missed when it is older than `late`, which is when nobody was there at its time.
Due decide_due(const Schedule& schedule, const std::string& zone, Time since, Time now,
               std::chrono::milliseconds late = std::chrono::minutes(1));

}  // namespace fairlead::catalog

#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "fairlead/entry.hpp"

namespace date {
class time_zone;
}

namespace fairlead::ftp {

/// Turns the local times of LIST into UTC. Knows the server's time zone and the present, from which a missing
/// year follows.
class ListTime {
  public:
    /// `zone` is an IANA name ("Europe/Berlin"), or an offset ("+02:00"). Throws Error{invalid_argument} when
    /// there is no such zone.
    explicit ListTime(std::string_view zone, Time now);

    /// A complete local time. One that clocks skipped (spring) is taken at the moment of the jump, one that
    /// came twice (autumn) at its first time. Nothing when there is no such day or hour.
    std::optional<Time> at(int year, unsigned month, unsigned day, unsigned hour = 0, unsigned minute = 0,
                           unsigned second = 0);

    /// A local time without a year: the latest one that is not in the future. Up to 48 hours ahead still
    /// count as now, since clocks are wrong and zones unknown. 29 February takes the latest leap year.
    std::optional<Time> recent(unsigned month, unsigned day, unsigned hour, unsigned minute,
                               unsigned second = 0);

    /// A year of two digits: 70 to 99 is 19xx, 00 to 69 is 20xx.
    static int full_year(int two_digits) noexcept {
        return two_digits < 70 ? 2000 + two_digits : 1900 + two_digits;
    }

  private:
    Time to_utc(std::chrono::sys_seconds local);

    const date::time_zone* zone_ = nullptr;  // null: `offset_` always holds
    Time now_;
    int latest_year_ = 1970;  // that a time which counts as now can have
    // The span in which `offset_` is known to hold, so that most lines need no look-up.
    std::chrono::sys_seconds offset_from_{}, offset_until_{};
    std::chrono::seconds offset_{0};
};

}  // namespace fairlead::ftp

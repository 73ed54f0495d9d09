#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "fairlead/entry.hpp"

namespace fairlead::ftp {

struct TimeValue {
    Time time;
    TimePrecision precision = TimePrecision::second;  ///< millisecond when there was a fraction
};

/// A time of MDTM, MLST or MLSD (RFC 3659, 2.3): YYYYMMDDHHMMSS[.f...], UTC. Also the years of servers that
/// write 1900 + n wrongly ("19126..." for 2026), and YYYYMMDDHHMM. Garbage and times that cannot be give
/// nothing.
std::optional<TimeValue> parse_time_value(std::string_view text);

/// The time in a 213 reply to MDTM, by looking for it in the words.
std::optional<TimeValue> parse_mdtm_text(std::string_view text);

/// YYYYMMDDHHMMSS for MFMT and MDTM; a fraction of a second is left away.
std::string format_time_value(Time time);

}  // namespace fairlead::ftp

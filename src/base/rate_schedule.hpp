#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fairlead/entry.hpp"

namespace date {
class time_zone;
}

namespace fairlead {

/// How many bytes a second may pass, by the time of the week. A value.
class RateSchedule {
  public:
    /// Bytes a second; nothing: as many as can be.
    using Rate = std::optional<std::uint64_t>;

    /// No limit at any time.
    RateSchedule() = default;

    /// Reads "10M" (always), "off", or a timetable as rclone writes it: "08:00,512K 19:00,10M 23:00,off",
    /// each rate from its time of every day on; "Mon-08:00,512K Sat-00:00,off" from its time of that day.
    /// Rates are sizes (parse_size) for each second; 0 is off. Times are those of this machine's zone, or of
    /// one that is written as the last word, such as Europe/Berlin or UTC. Throws Error{invalid_argument}
    /// naming the part that is not understood; `what` names the input.
    static RateSchedule parse(std::string_view text, std::string_view what = "bwlimit");

    /// What holds at a moment.
    Rate at(Time now) const;

  private:
    struct Change {
        std::chrono::minutes since_monday;
        Rate rate;
    };
    std::vector<Change> changes_;            // ordered by time; one alone holds always
    const date::time_zone* zone_ = nullptr;  // null: UTC
};

}  // namespace fairlead

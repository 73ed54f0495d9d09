#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/glob.hpp"

namespace fairlead::monitor {

/// When a file counts as complete, so that it may be told of.
struct Settling {
    std::uint64_t looks = 0;            ///< that many looks in a row found the same size and time
    std::chrono::milliseconds time{0};  ///< and nothing changed for so long, by our own clock
    std::string marker;  ///< and another file is there: "{name}.done", "{stem}.ok"; empty: none is needed
    std::vector<Glob> unfinished;  ///< a file of such a name is being written, and will be renamed
};

/// What the names of all markers look like, such as "*.done". Nothing where none is needed.
std::optional<Glob> marker_names(const Settling& settling);

/// What a monitor looks for.
struct Rules {
    bool time = true;  ///< another modification time is a change; where a time can hide one, another size is too
    bool size = false;  ///< another size is
    bool mode = false;
    Settling settling;
    bool directories = false;        ///< directories are told of too, not only what is in them
    bool everything_is_new = false;  ///< at the first look; else what is there then is known, in silence
};

}  // namespace fairlead::monitor

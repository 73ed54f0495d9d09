#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace fairlead {

struct CopyOptions {
    /// When the target is there: overwrite, fail, skip, append, rename, newer or different.
    std::string if_exists = "overwrite";
    bool checksum = false;       ///< compare the content of both ends, by reading back where there is no other way
    bool preserve = false;       ///< give the target the source's time
    bool resume = true;          ///< go on with what an earlier copy left unfinished
    bool delete_source = false;  ///< once the target is published and verified
    std::optional<unsigned> retries;                    ///< after the first attempt; absent: as the connections say
    std::optional<std::chrono::milliseconds> deadline;  ///< for all attempts together; then Error{timeout}
    /// Hears of the bytes as they are moved, since the last time. On the thread of the copy; must not block or throw.
    std::function<void(std::uint64_t bytes)> moved;
};

struct CopyResult {
    std::string target;         ///< the path it has now
    std::string outcome;        ///< "transferred", "appended" or "skipped"
    std::string proof;          ///< "none", "size" or "checksum": how it is known that all of it is there
    std::string checksum;       ///< "sha256:...", where one was computed
    std::uint64_t bytes = 0;    ///< moved by this copy
    std::uint64_t resumed = 0;  ///< and these before, by an earlier one
    unsigned attempts = 1;
    std::vector<std::string> warnings;  ///< sentences for people, such as of a time that could not be set
};

}  // namespace fairlead

#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace fairlead {

/// A moment, UTC, to the millisecond.
using Time = std::chrono::sys_time<std::chrono::milliseconds>;

/// RFC 3339 in UTC, such as "2026-03-01T09:30:00Z"; milliseconds only where they are not zero.
std::string to_rfc3339(Time time);

enum class EntryType { file, directory, symlink, other };
enum class TimePrecision { millisecond, second, minute, day };

std::string_view to_string(EntryType type) noexcept;
std::string_view to_string(TimePrecision precision) noexcept;

/// One item of a listing. What the server does not tell is absent, never invented.
struct Entry {
    std::string name;  ///< the exact bytes, as the server (or the connection's charset) has them
    std::string path;  ///< where it is, below the root of the file system that listed it: "/in/a.txt"
    EntryType type = EntryType::file;
    std::optional<std::uint64_t> size;  ///< bytes
    std::optional<Time> modified;
    TimePrecision modified_precision = TimePrecision::second;
    std::optional<std::uint32_t> mode;  ///< permission bits, 0 to 07777
    std::optional<std::string> owner;
    std::optional<std::string> group;
    std::optional<std::string> target;  ///< of a symbolic link
};

}  // namespace fairlead

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "fairlead/entry.hpp"

namespace fairlead::catalog {

/// What can happen to a watched file.
enum class FileChange {
    created,
    modified,
    renamed,  ///< gone from one path and there, the same, at another within one look
    deleted,
};
std::string_view to_string(FileChange change) noexcept;
/// Throws Error{internal}: the words come from a store.
FileChange parse_file_change(std::string_view word);
EntryType parse_entry_type(std::string_view word);
TimePrecision parse_precision(std::string_view word);

/// The facts of a file that tell one version of it from the next.
struct FileFacts {
    EntryType type = EntryType::file;
    std::optional<std::uint64_t> size;
    std::optional<Time> modified;
    TimePrecision precision = TimePrecision::second;  ///< of `modified`
    std::optional<std::uint32_t> mode;

    bool operator==(const FileFacts&) const = default;
};
FileFacts facts_of(const Entry& entry);

/// What a monitor knows of one path.
struct FileState {
    std::string path;        ///< below the root of the connection
    FileFacts facts;         ///< as last seen
    std::uint64_t told = 0;  ///< how many changes were told, the baseline included; 0: nobody has heard of it
    std::optional<FileChange> waiting;  ///< a change that is not told yet, since the file has not settled
    Time unchanged_since{};             ///< by our own clock: when these facts were first seen
    std::uint64_t unchanged_looks = 0;  ///< looks since then that found the same
    std::uint64_t look = 0;             ///< the last look that recorded it: that it is as it was is not recorded
};

/// One change, or something else that is told of a monitor, flow or operation: at least once, always with the same id.
struct FileEvent {
    std::string id;              ///< 32 hexadecimal digits: the same however often it is told
    std::string monitor;         ///< whose it is: an id
    std::uint64_t sequence = 0;  ///< its place among the events of all monitors; given by the store
    FileChange change = FileChange::created;
    std::string path;
    std::string previous_path;  ///< of a renamed file
    FileFacts facts;            ///< of a deleted file: the last that were seen
    Time at{};                  ///< when it was noticed, by our clock
    std::string document;       ///< of what is no file's change: the whole CloudEvent, and nothing above says more
};

}  // namespace fairlead::catalog

#include "catalog/file_state.hpp"

#include <fmt/format.h>

#include "fairlead/error.hpp"

namespace fairlead::catalog {

std::string_view to_string(FileChange change) noexcept {
    switch (change) {
        case FileChange::created:
            return "created";
        case FileChange::modified:
            return "modified";
        case FileChange::renamed:
            return "renamed";
        case FileChange::deleted:
            return "deleted";
    }
    return "modified";
}

FileChange parse_file_change(std::string_view word) {
    for (const auto change :
         {FileChange::created, FileChange::modified, FileChange::renamed, FileChange::deleted})
        if (to_string(change) == word) return change;
    throw Error(ErrorCode::internal, fmt::format("'{}' is no change of a file.", word));
}

EntryType parse_entry_type(std::string_view word) {
    for (const auto type : {EntryType::file, EntryType::directory, EntryType::symlink})
        if (to_string(type) == word) return type;
    return EntryType::other;
}

TimePrecision parse_precision(std::string_view word) {
    for (const auto precision : {TimePrecision::millisecond, TimePrecision::second, TimePrecision::minute})
        if (to_string(precision) == word) return precision;
    return TimePrecision::day;
}

FileFacts facts_of(const Entry& entry) {
    return {entry.type, entry.size, entry.modified, entry.modified_precision, entry.mode};
}

}  // namespace fairlead::catalog

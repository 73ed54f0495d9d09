#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "fairlead/file_system.hpp"

namespace fairlead::transfer {

/// What is known of a source before it is read, to tell afterwards whether all of it came and whether it
/// stayed the same.
///
/// Looking again costs a question to the server. So a source whose byte count is what was announced when it
/// was opened is only looked at again when it took long enough to read that somebody may have written
/// meanwhile, or always with `careful`. An open local file is always looked at: that is free.
class SourceWatch {
  public:
    /// `known` is what a listing or stat told; `stream` must outlive this object's last use.
    SourceWatch(const Entry& known, const ReadStream& stream);

    /// Throws source_changed when it did, size_mismatch when the server gave another number of bytes than it
    /// announced. `files` and `path` are where the source can be looked at again.
    awaitable<void> check(FileSystem& files, const std::string& path, std::uint64_t bytes,
                          bool careful) const;

  private:
    struct FileFacts {
        std::int64_t size, seconds, nanoseconds;
        bool operator==(const FileFacts&) const = default;
    };
    static std::optional<FileFacts> look(int descriptor);

    const Entry& known_;
    const ReadStream& stream_;
    std::optional<FileFacts> before_;
};

}  // namespace fairlead::transfer

#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "transfer/journal_record.hpp"

namespace fairlead::transfer {

/// An append-only file of lines that belongs to whoever holds its lock (flock, given back by the kernel when
/// the holder dies).
class JournalFile {
  public:
    JournalFile() = default;
    ~JournalFile() { close(); }
    JournalFile(JournalFile&& other) noexcept;
    JournalFile& operator=(JournalFile&& other) noexcept;

    /// Makes a new one in this directory (made too, for its owner alone), with these lines, under a name
    /// nobody can guess. It is locked before it has its name, so nobody ever takes it for a dead one. Throws
    /// Error{permission_denied, no_space}.
    static JournalFile make(const std::string& directory, std::string_view lines);
    /// Takes the lock of one whose owner has died. Not open: the owner lives, or somebody else was faster.
    static JournalFile take(const std::string& path);
    /// A file that stands for a name while it is used: made, or taken from a dead owner. Not open: somebody
    /// uses the name. It is removed by whoever has it, or else by all_in. Throws as make does.
    static JournalFile reserve(const std::string& directory, const std::string& name);
    /// All journals in a directory. None where others could have written there.
    static std::vector<std::string> all_in(const std::string& directory);

    bool is_open() const noexcept { return descriptor_ >= 0; }
    const std::string& path() const noexcept { return path_; }
    std::size_t size() const noexcept { return size_; }

    /// Throws Error{no_space, internal}.
    void append(std::string_view lines);
    /// Puts these lines in the place of all others, in one step.
    void replace(std::string_view lines);
    /// What has not ended, as the lines tell it; a torn last line is as if it had never been written.
    std::vector<Unfinished> unfinished() const;
    /// Makes what was written so far survive a power failure: a call for another thread, which needs neither
    /// this object nor its file's name any more.
    std::function<void()> syncing() const;
    void remove() noexcept;
    void close() noexcept;

  private:
    std::string path_;
    int descriptor_ = -1;
    std::size_t size_ = 0;
};

}  // namespace fairlead::transfer

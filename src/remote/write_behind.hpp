#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <span>
#include <string>

#include "base/page_buffer.hpp"
#include "fairlead/file_system.hpp"
#include "remote/local_path.hpp"
#include "remote/work_ring.hpp"

namespace fairlead::local {

/// Writes a file beside the network, on a thread of its own. Whoever receives bytes fills, in turn, buffers
/// or pipes; pipes are filled and emptied by splice(2), so that the bytes never pass through this program's
/// memory. Each of four slots holds one or the other at a time (the rest of what was read to find the seam
/// comes in a buffer, what follows it in pipes), which bounds what is under way: 1 MiB in buffers, 4 MiB in
/// pipes.
class WriteBehind {
  public:
    /// `file` must stay open as long as this object; `path` is for messages. With `sync_follows` the disk is
    /// told early, so that a sync at the end finds little left to do. Throws Error{internal} when there is no
    /// thread to be had.
    WriteBehind(int file, std::uint64_t offset, std::string path, bool sync_follows);

    /// The non-blocking end of an empty pipe; the one taken before is handed to the disk. Waits for one.
    /// Throws what failed at the disk (no_space, ...), cancelled, and internal when there are no pipes.
    awaitable<int> take_pipe();
    /// Where the next bytes go: what is left of a buffer, never nothing. Waits for one. Throws as
    /// `take_pipe`.
    awaitable<std::span<std::byte>> room();
    /// The first `count` bytes of the room were filled.
    void filled(std::size_t count);
    /// Hands over the rest and waits until all is in the file. Blocks: not for the event loop.
    /// Throws what failed at the disk.
    void finish();

  private:
    static constexpr std::size_t kSlots = 4;
    struct Slot {
        Descriptor outlet, intake;  // of the pipe, once there was one
        PageBuffer buffer;
        std::size_t filled = 0;  // of the buffer
        bool piped = false;      // what it holds now is in the pipe
    };

    awaitable<void> take();
    void hand_over();
    void throw_failure() const;
    void empty(Slot& slot) noexcept;
    int write_buffer(const Slot& slot) noexcept;
    int splice_pipe(const Slot& slot) noexcept;
    int copy_pipe(const Slot& slot) noexcept;
    int write_all(std::span<const std::byte> bytes) noexcept;

    int file_;
    std::string path_;
    std::int64_t at_;            // the thread's
    std::int64_t written_back_;  // the thread's
    bool can_splice_ = true;     // the thread's
    bool sync_follows_;
    std::array<Slot, kSlots> slots_;
    std::atomic<int> failure_ = 0;  // errno
    Slot* taken_ = nullptr;
    WorkRing ring_;  // last, so that its thread ends first
};

/// How many bytes may gather in the page cache before the disk is told to begin, where a sync follows.
constexpr std::uint64_t kWriteBack = 8 * 1024 * 1024;

/// What moves at once, in buffers: larger pieces leave the CPU's cache.
constexpr std::size_t kPiece = 256 * 1024;

}  // namespace fairlead::local

#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>

#include "base/page_buffer.hpp"
#include "fairlead/file_system.hpp"
#include "remote/work_ring.hpp"

namespace fairlead::local {

/// Reads a file beside the network, on a thread of its own, up to 1 MiB ahead of what was asked for.
class ReadAhead {
  public:
    /// `file` must stay open as long as this object; `path` is for messages. Throws Error{internal} when
    /// there is no thread to be had.
    ReadAhead(int file, std::uint64_t offset, std::string path);

    /// The next bytes, valid until the next call; nothing at the file's end. Throws what failed at the disk,
    /// and cancelled.
    awaitable<std::span<const std::byte>> next();

  private:
    static constexpr std::size_t kSlots = 4;
    struct Slot {
        PageBuffer buffer;
        std::size_t filled = 0;
        int failure = 0;  // errno
    };

    void fill(Slot& slot) noexcept;

    int file_;
    std::string path_;
    std::uint64_t at_;  // the thread's
    std::array<Slot, kSlots> slots_;
    bool started_ = false;
    WorkRing ring_;  // last, so that its thread ends first
};

}  // namespace fairlead::local

#include "remote/read_ahead.hpp"

#include <unistd.h>

#include <cerrno>
#include <utility>

#include "remote/write_behind.hpp"

namespace fairlead::local {

ReadAhead::ReadAhead(int file, std::uint64_t offset, std::string path)
    : file_(file),
      path_(std::move(path)),
      at_(offset),
      ring_(kSlots, [this](std::size_t slot) { fill(slots_[slot]); }) {}

awaitable<std::span<const std::byte>> ReadAhead::next() {
    if (!std::exchange(started_, true)) {
        for (std::size_t slot = 0; slot < kSlots; ++slot) {
            (void)co_await ring_.take();
            ring_.hand_over();
        }
    } else {
        ring_.hand_over();  // the one that the caller has had
    }
    const auto number = co_await ring_.take();
    const auto& slot = slots_[number];
    if (slot.failure != 0) throw error_of(slot.failure, "Reading", path_);
    co_return std::span<const std::byte>(slot.buffer.get(), slot.filled);
}

void ReadAhead::fill(Slot& slot) noexcept {
    if (!slot.buffer) slot.buffer = PageBuffer(kPiece);
    ssize_t got = 0;
    do {
        got = ::pread(file_, slot.buffer.get(), kPiece, static_cast<off_t>(at_));
    } while (got < 0 && errno == EINTR);
    slot.failure = got < 0 ? errno : 0;
    slot.filled = got < 0 ? 0 : static_cast<std::size_t>(got);
    at_ += slot.filled;
}

}  // namespace fairlead::local

#include "remote/write_behind.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>
#include <vector>

namespace fairlead::local {
namespace {
constexpr int kPipeSize = 1024 * 1024;            // what an unprivileged process may have by default
constexpr std::size_t kWorthFilling = 64 * 1024;  // a smaller rest of a buffer makes for small reads
}  // namespace

WriteBehind::WriteBehind(int file, std::uint64_t offset, std::string path, bool sync_follows)
    : file_(file),
      path_(std::move(path)),
      at_(static_cast<std::int64_t>(offset)),
      written_back_(at_),
      sync_follows_(sync_follows),
      ring_(kSlots, [this](std::size_t slot) { empty(slots_[slot]); }) {}

awaitable<void> WriteBehind::take() {
    const auto number = co_await ring_.take();
    taken_ = &slots_[number];
}

awaitable<int> WriteBehind::take_pipe() {
    hand_over();
    co_await take();
    throw_failure();
    taken_->piped = true;
    if (!taken_->intake) {
        std::array<int, 2> ends{};
        if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0)
            throw error_of(errno, "Making pipes to", path_);
        taken_->outlet = Descriptor(ends[0]);
        taken_->intake = Descriptor(ends[1]);
        ::fcntl(taken_->intake.get(), F_SETPIPE_SZ, kPipeSize);  // smaller is only slower
    }
    co_return taken_->intake.get();
}

awaitable<std::span<std::byte>> WriteBehind::room() {
    if (taken_ != nullptr && taken_->piped) hand_over();
    if (taken_ == nullptr) {
        co_await take();
        throw_failure();
        taken_->piped = false;
        taken_->filled = 0;
        if (!taken_->buffer) taken_->buffer = PageBuffer(kPiece);
    }
    co_return std::span(taken_->buffer.get() + taken_->filled, kPiece - taken_->filled);
}

void WriteBehind::filled(std::size_t count) {
    taken_->filled += count;
    if (kPiece - taken_->filled < kWorthFilling) hand_over();
}

void WriteBehind::finish() {
    hand_over();
    ring_.finish();
    throw_failure();
}

void WriteBehind::hand_over() {
    if (std::exchange(taken_, nullptr) != nullptr) ring_.hand_over();
}

void WriteBehind::throw_failure() const {
    if (const int reason = failure_; reason != 0) throw error_of(reason, "Writing", path_);
}

void WriteBehind::empty(Slot& slot) noexcept {
    if (failure_ != 0) return;
    failure_ = !slot.piped ? write_buffer(slot) : can_splice_ ? splice_pipe(slot) : copy_pipe(slot);
    if (!sync_follows_ || at_ - written_back_ < static_cast<std::int64_t>(kWriteBack)) return;
    ::sync_file_range(file_, written_back_, at_ - written_back_, SYNC_FILE_RANGE_WRITE);
    written_back_ = at_;
}

int WriteBehind::write_buffer(const Slot& slot) noexcept {
    return write_all({slot.buffer.get(), slot.filled});
}

/// Gives errno, or 0 when the pipe is empty.
int WriteBehind::splice_pipe(const Slot& slot) noexcept {
    for (;;) {
        const auto moved =
            ::splice(slot.outlet.get(), nullptr, file_, &at_, kPipeSize, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
        if (moved > 0 || (moved < 0 && errno == EINTR)) continue;
        if (moved == 0 || errno == EAGAIN) return 0;
        if (errno != EINVAL) return errno;
        can_splice_ = false;  // a file system that cannot be spliced to
        return copy_pipe(slot);
    }
}

int WriteBehind::copy_pipe(const Slot& slot) noexcept {
    std::array<std::byte, 64 * 1024> piece;
    for (;;) {
        const auto got = ::read(slot.outlet.get(), piece.data(), piece.size());
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return got == 0 || errno == EAGAIN ? 0 : errno;
        if (const int reason = write_all({piece.data(), static_cast<std::size_t>(got)}); reason != 0)
            return reason;
    }
}

int WriteBehind::write_all(std::span<const std::byte> bytes) noexcept {
    while (!bytes.empty()) {
        const auto done = ::pwrite(file_, bytes.data(), bytes.size(), at_);
        if (done < 0 && errno == EINTR) continue;
        if (done < 0) return errno;
        at_ += done;
        bytes = bytes.subspan(static_cast<std::size_t>(done));
    }
    return 0;
}

}  // namespace fairlead::local

#include "sftp/socket_reads.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <cstring>

namespace fairlead::sftp {
namespace {
constexpr std::size_t kPiece = 64 * 1024;  // stays in the CPU's cache until libssh has had it
}  // namespace

thread_local SocketReads* SocketReads::current_ = nullptr;

ssize_t SocketReads::take(void* into, std::size_t room) noexcept {
    if (!holds()) {
        try {
            if (!buffer_) buffer_ = PageBuffer(kPiece);
        } catch (const std::bad_alloc&) {
            return ::recvfrom(descriptor_, into, room, 0, nullptr, nullptr);
        }
        const auto got = ::recvfrom(descriptor_, buffer_.get(), kPiece, 0, nullptr, nullptr);
        if (got <= 0) return got;
        begin_ = 0;
        end_ = static_cast<std::size_t>(got);
    }
    const auto count = std::min(room, end_ - begin_);
    std::memcpy(into, buffer_.get() + begin_, count);
    begin_ += count;
    return static_cast<ssize_t>(count);
}

}  // namespace fairlead::sftp

#include "net/plain_stream.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/page_buffer.hpp"

namespace fairlead::net {
namespace {

Error unreadable(int reason) {
    return Error(ErrorCode::internal, fmt::format("Reading the local file failed: {}.", std::strerror(reason)))
        .at("write");
}

}  // namespace

using namespace std::chrono_literals;

void PlainStream::expect_within(std::chrono::milliseconds timeout, std::string_view step) {
    socket_->expect_within(timeout, step);
}

awaitable<std::size_t> PlainStream::read_some(std::span<std::byte> into) {
    if (socket_->turn_is_over()) co_await socket_->yield_turn();
    // The answer to what was just written is not there yet.
    while (!std::exchange(wrote_, false)) {
        const auto got = ::recv(socket_->descriptor(), into.data(), into.size(), 0);
        if (got >= 0) co_return static_cast<std::size_t>(got);
        if (errno == EAGAIN || errno == EWOULDBLOCK) break;
        if (errno != EINTR) throw socket_->lost(errno);
    }
    const auto got = co_await socket_->receive(into, socket_->timeout());
    if (!got) throw socket_->timed_out();
    co_return *got;
}

awaitable<std::optional<std::size_t>> PlainStream::read_within(std::span<std::byte> into,
                                                               std::chrono::milliseconds patience) {
    wrote_ = false;
    co_return co_await socket_->receive(into, patience);
}

awaitable<std::uint64_t> Stream::splice_to(int) {
    throw Error(ErrorCode::internal, "This stream cannot be spliced.");
    co_return 0;
}

awaitable<std::uint64_t> Stream::write_from(int, std::uint64_t, std::uint64_t) {
    throw Error(ErrorCode::internal, "This stream cannot send a file.");
    co_return 0;
}

awaitable<std::uint64_t> PlainStream::splice_to(int pipe) {
    constexpr std::uint64_t kEnough = 512 * 1024;  // fewer pipes to hand over, and still two of them at work
    if (socket_->turn_is_over()) co_await socket_->yield_turn();
    for (std::uint64_t total = 0;;) {
        const auto moved = ::splice(socket_->descriptor(), nullptr, pipe, nullptr, 2 * kEnough,
                                    SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
        if (moved > 0) total += static_cast<std::uint64_t>(moved);
        if (moved == 0 || total >= kEnough) co_return total;
        if (moved > 0 || errno == EINTR) continue;
        if (errno != EAGAIN && errno != EWOULDBLOCK) throw socket_->lost(errno);
        if (total > 0) co_return total;
        co_await socket_->readable();
    }
}

awaitable<void> PlainStream::write(std::span<const std::byte> bytes) {
    wrote_ = true;
    while (!bytes.empty()) {
        if (socket_->turn_is_over()) co_await socket_->yield_turn();
        const auto sent = ::send(socket_->descriptor(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent >= 0) {
            bytes = bytes.subspan(static_cast<std::size_t>(sent));
            continue;
        }
        if (errno == EINTR) continue;
        if (errno != EAGAIN && errno != EWOULDBLOCK) throw socket_->lost(errno);
        co_await socket_->writable();
    }
}

awaitable<std::uint64_t> PlainStream::write_from(int descriptor, std::uint64_t offset, std::uint64_t count) {
    if (ends_on_this_machine()) co_return co_await copy_from(descriptor, offset, count);
    constexpr std::uint64_t kPerCall = 1024 * 1024;
    auto at = static_cast<off_t>(offset);
    std::uint64_t total = 0;
    while (total < count) {
        if (socket_->turn_is_over()) co_await socket_->yield_turn();
        const auto sent =
            ::sendfile(socket_->descriptor(), descriptor, &at, std::min(count - total, kPerCall));
        if (sent == 0) break;  // the file ended
        if (sent > 0) {
            total += static_cast<std::uint64_t>(sent);
            continue;
        }
        if (errno == EINTR) continue;
        if (errno == EINVAL || errno == ENOSYS || errno == EOVERFLOW)  // not a file that sendfile can take
            co_return total + co_await copy_from(descriptor, offset + total, count - total);
        if (errno == EIO) throw unreadable(errno);
        if (errno != EAGAIN && errno != EWOULDBLOCK) throw socket_->lost(errno);
        co_await socket_->writable();
    }
    co_return total;
}

bool PlainStream::ends_on_this_machine() const {
    const auto& socket = socket_->socket();
    boost::system::error_code unknown;
    const auto peer = socket.remote_endpoint(unknown).address();
    return !unknown && (peer.is_loopback() || peer == socket.local_endpoint(unknown).address());
}

awaitable<std::uint64_t> PlainStream::copy_from(int descriptor, std::uint64_t offset, std::uint64_t count) {
    constexpr std::uint64_t kInCache = 64 * 1024;
    const PageBuffer piece(kInCache);
    std::uint64_t total = 0;
    while (total < count) {
        const auto got = ::pread(descriptor, piece.get(), std::min(kInCache, count - total),
                                 static_cast<off_t>(offset + total));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) throw unreadable(errno);
        if (got == 0) break;  // the file ended
        co_await write({piece.get(), static_cast<std::size_t>(got)});
        total += static_cast<std::uint64_t>(got);
    }
    co_return total;
}

awaitable<void> PlainStream::end_sending() {
    if (::shutdown(socket_->descriptor(), SHUT_WR) != 0) throw socket_->lost(errno);
    co_return;
}

awaitable<void> PlainStream::wait_until_taken() {
    // Closing with unread bytes in our buffer would send a reset, which may destroy what is still under way.
    std::array<std::byte, 4096> nothing_wanted;
    for (;;) {
        const bool readable = co_await readable_after_fin(*socket_);
        if (!readable) co_return;
        const auto got = ::recv(socket_->descriptor(), nothing_wanted.data(), nothing_wanted.size(), 0);
        if (got == 0) co_return;
        if (got < 0 && errno != EAGAIN && errno != EINTR) throw socket_->lost(errno);
    }
}

awaitable<bool> readable_after_fin(TimedSocket& socket) {
    constexpr auto kStep = 1s;
    constexpr auto kAfterAcknowledgement = 5s;
    // All is acknowledged: whoever else waits for the peer's word (FTP's final reply) may as well begin.
    const auto patience = std::min<Clock::duration>(kAfterAcknowledgement, socket.timeout());
    int unsent_before = -1;
    auto moved = Clock::now();
    for (;;) {
        const bool readable = co_await socket.readable_within(kStep);
        if (readable) co_return true;
        int unsent = 0;
        if (::ioctl(socket.descriptor(), SIOCOUTQ, &unsent) != 0) unsent = 0;
        const auto now = Clock::now();
        if (unsent != unsent_before) {
            unsent_before = unsent;
            moved = now;
        } else if (unsent == 0 && now - moved >= patience) {
            co_return false;
        } else if (now - moved >= socket.timeout()) {
            throw socket.timed_out();
        }
    }
}

}  // namespace fairlead::net
